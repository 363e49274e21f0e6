/**
 * One cell of the frontier: one setting from one seed, trained, attacked and measured.
 *
 * @module
 */
import { type Engine, lenet5, type ParameterValues } from "../../mod.ts";
import type { Images } from "../sup_privacy/data.ts";
import { lenet5Dataset } from "../sup_privacy/data.ts";
import { chooseTargets } from "../sup_privacy/targets.ts";
import { type CellAttack, inferMembership, invert, type Membership } from "./measure.ts";
import { SETTINGS } from "./settings.ts";
import { train } from "./train.ts";

/** What decides every figure of a cell but its setting and seed. */
export interface Conditions {
  /** Where the images come from. */
  readonly data: "MNIST" | "drawn digits";
  /** Training images asked for; null for all there are. */
  readonly samples: number | null;
  readonly epochs: number;
  /** Images attacked. */
  readonly images: number;
  /** Restarts of each Adam attack. */
  readonly restarts: number;
  /** The layer whose output the attacker sees. */
  readonly layer: string;
}

/** What was measured of a setting from a seed. */
export interface Cell {
  readonly setting: string;
  readonly seed: number;
  readonly accuracy: number;
  readonly weightsLeft: number;
  readonly noiseMultiplier?: number;
  readonly attacks: Readonly<Record<string, CellAttack>>;
  readonly membership: Membership;
  /** How long it took: the only figures that differ from run to run. */
  readonly seconds: { readonly training: number; readonly attacks: number };
}

/** How many networks judge and calibrate; seeds of their own. */
export const REFERENCES = 4;
const REFERENCE_SEED = 0x8000_0000;

/**
 * Images at the end of the training images that no reference network is trained on: the members told from test images.
 */
function membersOf({ samples, test }: Images): number {
  return Math.min(test.count, Math.floor(samples / 6));
}

/** Trains one of the ordinary networks that judge reconstructions and calibrate membership. */
export async function trainReference(
  engine: Engine,
  images: Images,
  { epochs }: Conditions,
  index: number,
): Promise<ParameterValues> {
  const samples = images.samples - membersOf(images), seed = REFERENCE_SEED + index;
  const { parameters } = await train(engine, SETTINGS[0]!, { ...images, samples, epochs, seed });
  return parameters;
}

/** Trains, attacks and measures. */
export async function measureCell(
  engine: Engine,
  images: Images,
  conditions: Conditions,
  references: readonly ParameterValues[],
  { setting: id, seed }: Pick<Cell, "setting" | "seed">,
): Promise<Cell> {
  const setting = SETTINGS.find((one) => one.id === id)!, { samples } = images;
  const start = performance.now();
  const { accuracy, weightsLeft, noiseMultiplier, ...victim } = await train(engine, setting, {
    ...images,
    epochs: conditions.epochs,
    seed,
  });
  const trained = performance.now();
  const shadows = references.map((parameters) => ({ network: lenet5(), parameters }));
  const wanted = { images: conditions.images, samples, seed };
  const data = lenet5Dataset(images.train, seed), test = lenet5Dataset(images.test, seed);
  const targets = await chooseTargets(engine, images.train, data, wanted, shadows[0]!);
  const attacks = await invert(engine, victim, targets, seed, conditions);
  const count = membersOf(images);
  const membership = await inferMembership(engine, victim, {
    train: data,
    test,
    members: Array.from({ length: count }, (_, i) => samples - count + i),
    others: Array.from({ length: count }, (_, i) => i),
    shadows,
  });
  const seconds = (from: number, to: number) => Math.round((to - from) / 100) / 10;
  return {
    setting: id,
    seed,
    accuracy,
    weightsLeft,
    ...(noiseMultiplier === undefined ? {} : { noiseMultiplier }),
    attacks,
    membership,
    seconds: { training: seconds(start, trained), attacks: seconds(trained, performance.now()) },
  };
}
