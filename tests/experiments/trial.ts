/**
 * Trains LeNet-5 with whole units suppressed, by whatever measure of importance and on whatever schedule.
 *
 * @module
 */
import {
  accuracy,
  type Callback,
  Dataset,
  type Engine,
  LearningRateScheduler,
  lenet5,
  Model,
  type ParameterValues,
  sgd,
  type TrainingState,
} from "../../mod.ts";
import { BATCH, SGD_RATE, type Training } from "../../examples/frontier/train.ts";
import type { ParameterStore } from "../../src/engine/engine.ts";
import { resolveUnitLayers, type UnitLayerDes } from "../../src/suppress/units.ts";
import { silencedUnits, unitMasks } from "../support/units.ts";
import { MEASURES, Probe } from "./importance.ts";

/** A way of suppressing units. What is not given is as the library's examples have it. */
export interface Variant {
  /** A key of {@link MEASURES}; default "product". */
  readonly importance?: string;
  /** First and last epoch of suppression; default 3 and 7. */
  readonly during?: readonly [first: number, last: number];
  /** The share of the units to be silenced that are silent once a share of that time has passed; default cubic. */
  readonly curve?: (passed: number) => number;
  /** Default 10. */
  readonly epochs?: number;
  /** Whether the last fifth of the epochs takes a fifth of the rate; default true. */
  readonly slowEnd?: boolean;
  /** Units left of other layers, which fall silent on the same schedule. */
  readonly others?: Readonly<Record<string, number>>;
  /** By which share, over the rate, each step shrinks all weights; default 0. */
  readonly decay?: number;
}

const cubic = (passed: number) => 1 - (1 - passed) ** 3;

/** A model that shows its parameters where they are. */
class Trial extends Model {
  async store(): Promise<ParameterStore> {
    return (await this.program()).parameters;
  }
}

const INTERVAL = 15;

/** Silences units after each {@link INTERVAL} steps. */
class UnitMasker implements Callback {
  readonly #variant: Variant;
  readonly #seed: number;
  readonly #model: Trial;
  readonly #probe: Probe;
  readonly #layers: { readonly layer: ReturnType<typeof resolveUnitLayers>[number]; silent: boolean[] }[];
  #operations = 0;

  constructor(engine: Engine, model: Trial, data: Dataset, units: number, variant: Variant) {
    this.#variant = variant;
    this.#seed = data.seed;
    this.#model = model;
    this.#probe = new Probe(engine, model.network, data);
    const layers = Object.entries({ fc1: units, ...variant.others }).map(([layerName, minNum]): UnitLayerDes => (
      { layerName, granularity: "unit", minNum }
    ));
    this.#layers = resolveUnitLayers(layers, model.network)
      .map((layer) => ({ layer, silent: new Array<boolean>(layer.units).fill(false) }));
  }

  async onStepEnd({ epoch, stepInEpoch, step, batches, model }: TrainingState): Promise<void> {
    const { during: [first, last] = [3, 7], curve = cubic, decay = 0, importance = "product" } = this.#variant;
    const since = step - 1 - (first - 1) * batches, end = epoch === last && stepInEpoch === batches - 2;
    if (decay > 0 && step % INTERVAL === 0) await this.#shrink(1 - INTERVAL * decay * model.optimizer.lr);
    if (epoch < first || epoch > last || (since % INTERVAL !== 0 && !end)) return;
    const share = curve(since / ((last - first + 1) * batches)), store = await this.#model.store();
    for (const of of this.#layers) {
      const { layer, silent } = of, target = Math.round((layer.units - layer.minNum) * share);
      if (silent.filter((isSilent) => isSilent).length >= target) continue;
      const values = await store.values(), stream = this.#operations++;
      const sight = { layer, values, silent, probe: this.#probe, seed: this.#seed, stream };
      of.silent = silencedUnits(silent, await MEASURES[importance]!(sight), target);
      store.setMasks(unitMasks(layer, of.silent, values, await store.masks()));
    }
  }

  async #shrink(factor: number): Promise<void> {
    const store = await this.#model.store(), values = await store.values();
    const weights = Object.entries(values).filter(([name]) => name.endsWith(".weight"));
    store.setValues(Object.fromEntries(weights.map(([name, value]) => [name, value.map((weight) => factor * weight)])));
  }
}

/** A network that was trained by a variant, and how well it reads the test images. */
export interface Tried {
  readonly parameters: ParameterValues;
  readonly accuracy: number;
}

/** Trains by a variant. First weights and the order of the images come from the seed alone. */
export async function tryOut(
  engine: Engine,
  variant: Variant,
  units: number,
  { train, test, samples, seed }: Omit<Training, "epochs">,
): Promise<Tried> {
  const { epochs = 10, slowEnd = true } = variant, slow = epochs - Math.floor(epochs / 5) + 1;
  const data = new Dataset(train, { size: [32, 32], limit: samples, seed });
  const options = { engine, network: lenet5({ seed }), optimizer: sgd({ lr: SGD_RATE }) };
  const model = new Trial({ ...options, metrics: { accuracy: accuracy() } });
  const scheduler = new LearningRateScheduler((_, epoch) => slowEnd && epoch >= slow ? SGD_RATE / 5 : SGD_RATE);
  const callbacks = [new UnitMasker(engine, model, data, units, variant), scheduler];
  await model.train(epochs, data, { batchSize: BATCH, callbacks });
  const figures = await model.eval(new Dataset(test, { size: [32, 32] }));
  return { parameters: await model.parameters(), accuracy: figures.accuracy! };
}
