/**
 * Trains LeNet-5 by one of the settings.
 *
 * @module
 */
import {
  accuracy,
  type Callback,
  Dataset,
  dpSgd,
  type Engine,
  exportModel,
  type LabelledImages,
  LearningRateScheduler,
  lenet5,
  lenet5MaskLayers,
  type MaskLayerDes,
  Model,
  momentum,
  noiseMultiplierFor,
  sgd,
  SuppressModel,
  type TrainedNetwork,
  type UnitLayerDes,
} from "../../mod.ts";
import type { Setting } from "./settings.ts";

/** What all trainings have in common. */
export interface Training {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** The first so many images are trained on. */
  readonly samples: number;
  readonly epochs: number;
  readonly seed: number;
}

/** A trained network and what was measured of it. */
export interface Trained extends TrainedNetwork {
  /** Share of the test images read rightly. */
  readonly accuracy: number;
  /** Share of all parameters that are not exactly zero. */
  readonly weightsLeft: number;
  /** Standard deviation of the noise over the clipping length; absent without noise. */
  readonly noiseMultiplier?: number;
}

/** The tutorial's rates and batches. */
const MOMENTUM_RATE = 0.01;
export const SGD_RATE = 0.05, BATCH = 32;
const UNITS = 120;
/** Of differentially private training, as found best among a few: see the README. */
export const PRIVATE = { batchSize: 2048, lr: 4, clip: 1, delta: 1e-5 } as const;

function datasetOf(source: LabelledImages, samples: number, seed: number, sampling: "shuffle" | "poisson"): Dataset {
  return new Dataset(source, { size: [32, 32], limit: samples, seed, sampling });
}

async function trainPrivately(engine: Engine, epsilon: number, { train, samples, epochs, seed }: Training) {
  const { lr, clip, delta } = PRIVATE, batchSize = Math.min(PRIVATE.batchSize, Math.ceil(samples / 16));
  const data = datasetOf(train, samples, seed, "poisson");
  const run = { samplingRate: batchSize / samples, steps: epochs * data.batches(batchSize), delta };
  const noiseMultiplier = noiseMultiplierFor({ epsilon, ...run });
  const optimizer = dpSgd({ lr, clip, noiseMultiplier, batchSize, seed });
  const model = new Model({ engine, network: lenet5({ seed }), optimizer, metrics: { accuracy: accuracy() } });
  await model.train(epochs, data, { batchSize });
  const spent = model.privacy({ delta });
  if (!(spent.epsilon <= epsilon)) throw new Error(`epsilon ${spent.epsilon} was spent where ${epsilon} was asked for`);
  return { model, noiseMultiplier };
}

function layersOf({ units, sparseEnd }: Setting): (MaskLayerDes | UnitLayerDes)[] {
  const byUnit = units === undefined ? [] : [{ layerName: "fc1", granularity: "unit", minNum: units } as const];
  return [...byUnit, ...(sparseEnd === undefined ? [] : lenet5MaskLayers())];
}

async function trainOtherwise(engine: Engine, setting: Setting, { train, samples, epochs, seed }: Training) {
  const data = datasetOf(train, samples, seed, "shuffle"), lr = SGD_RATE;
  const network = lenet5({ seed }), layers = layersOf(setting), { sparseEnd } = setting;
  const optimizer = setting.optimizer === "momentum" ? momentum({ lr: MOMENTUM_RATE }) : sgd({ lr });
  const slow = epochs - Math.floor(epochs / 5) + 1;
  const scheduler = new LearningRateScheduler((_, epoch) => epoch >= slow ? lr / 5 : lr);
  const callbacks: Callback[] = setting.slowEnd ? [scheduler] : [];
  const options = { engine, network, optimizer, metrics: { accuracy: accuracy() } };
  // When and how often is left to the library: it follows the tutorial.
  const suppress = { layers, seed, ...(sparseEnd !== undefined && { sparseEnd }) };
  const model = layers.length === 0 ? new Model(options) : new SuppressModel({ ...options, suppress });
  await model.train(epochs, data, { batchSize: BATCH, callbacks });
  return { model };
}

/** Trains by a setting. First weights and the order of the images come from the seed alone, whatever the setting. */
export async function train(engine: Engine, setting: Setting, training: Training): Promise<Trained> {
  const { model, ...rest } = setting.epsilon === undefined
    ? await trainOtherwise(engine, setting, training)
    : await trainPrivately(engine, setting.epsilon, training);
  const { test } = training;
  const { accuracy } = await model.eval(datasetOf(test, test.count, training.seed, "shuffle"));
  const parameters = await model.parameters(), { network } = await model.sparsity();
  const left = exportModel(model.network, parameters).kept["fc1"]!.length;
  if (left > (setting.units ?? UNITS)) throw new Error(`${setting.id}: ${left} units of fc1 are left`);
  return { network: model.network, parameters, accuracy: accuracy!, weightsLeft: 1 - network.zero, ...rest };
}
