/**
 * Attacks a trained network: what an attacker who sees its inner features makes of them.
 *
 * @module
 */
import { type Engine, ImageInversionAttack, type Judge, type ParameterValues, sliceNetwork } from "../../mod.ts";
import type { Network } from "../../mod.ts";
import type { Progress } from "./progress.ts";
import { type AttackReport, attackReport } from "./report.ts";

/** The layer whose output the attacker sees: the 120 features of fc1 behind their ReLU, as in the tutorial. */
export const SEEN_LAYER = "relu3";

/** The tutorial's factors of the losses of the attack by signs. */
const LOSS_WEIGHTS = [1, 0.1, 5] as const;

/** The two attacks. */
export type Method = "sign" | "adam";

/** The images under attack. */
export interface Targets {
  /** `[images][1][32][32]`, from 0 to 1. */
  readonly originals: Float32Array;
  /** The true digits. */
  readonly labels: Uint8Array;
  /** Who says how well an inversion can be read. */
  readonly judge: Judge;
}

/** What an attack brought back. */
export interface Inversions {
  /** `[images][1][32][32]`, from 0 to 1. */
  readonly images: Float32Array;
  readonly report: AttackReport;
}

/** Attacks the network with both methods. `name` is what progress calls it. */
export async function attackNetwork(
  engine: Engine,
  victim: { readonly network: Network; readonly parameters: ParameterValues },
  targets: Targets,
  seed: number,
  name: string,
  progress: Progress,
): Promise<Record<Method, Inversions>> {
  const network = sliceNetwork(victim.network, SEEN_LAYER);
  const { parameters } = victim;
  const attack = new ImageInversionAttack({
    engine,
    network,
    parameters,
    inputBound: [0, 1],
    lossWeights: LOSS_WEIGHTS,
  });
  const { originals, labels, judge } = targets;
  const features = await attack.features(originals);
  const run = async (method: Method): Promise<Inversions> => {
    progress.begin(`attacking ${name} (${method === "sign" ? "sign steps" : "Adam"})`);
    const onProgress = (done: number, total: number) => progress.update(done / total);
    const images = await attack.generate(features, { method, seed, onProgress });
    const report = attackReport(await attack.evaluate(originals, images, { labels, judge }));
    progress.end();
    return { images, report };
  };
  return { sign: await run("sign"), adam: await run("adam") };
}
