/**
 * Trains the four networks: an ordinary one, another ordinary one that judges, one suppressed by weight and one by unit.
 *
 * @module
 */
import {
  accuracy,
  type Callback,
  type Checkpoint,
  type Dataset,
  type Engine,
  LearningRateScheduler,
  lenet5,
  lenet5MaskLayers,
  type MaskLayerDes,
  Model,
  momentum,
  type Network,
  type ParameterValues,
  ProgressMonitor,
  sgd,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
  type TrainingState,
  type UnitLayerDes,
} from "../../mod.ts";
import type { Settings } from "./args.ts";
import { lenet5Dataset } from "./data.ts";
import type { Images } from "./data.ts";
import type { Progress } from "./progress.ts";

/** The tutorial's learning rate of ordinary training, with momentum 0.9. */
export const ORDINARY_RATE = 0.01;

/** Units of fc1. */
export const UNITS = 120;

/** Steps between suppress operations where `--mask-times` is not given. */
const INTERVAL = 15;

/** A trained network and what was measured of it. */
export interface Trained {
  readonly network: Network;
  readonly parameters: ParameterValues;
  /** Share of the test images read rightly. */
  readonly accuracy: number;
  readonly checkpoint: Checkpoint;
}

/** A suppressed network and its control's account. */
export interface Suppressed extends Trained {
  readonly operations: number;
  /** Names of the suppressed parameters. */
  readonly layers: readonly string[];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Tells loss and, after each epoch, accuracy; `silent` adds the share of weights silenced so far. */
function monitor(progress: Progress, test: Dataset, silent: boolean): ProgressMonitor {
  let read: string[] = [];
  const tell = async (state: TrainingState) => {
    const { epoch, epochs, stepInEpoch, batches, step, steps, model } = state;
    // Before the evaluation, which runs other images through the network.
    const loss = `loss ${(await state.loss())?.toFixed(2)}`;
    if (stepInEpoch === batches) read = [`accuracy ${percent((await model.eval(test)).accuracy!)}`];
    if (!progress.due) return;
    const zeros = silent ? [`silent ${percent((await model.sparsity()).total.zero)}`] : [];
    progress.update(step / steps, [`epoch ${epoch}/${epochs}`, loss, ...read, ...zeros]);
  };
  return new ProgressMonitor((state) => {
    if (progress.due || state.stepInEpoch === state.batches) return tell(state);
  });
}

async function finished(model: Model, test: Dataset, progress: Progress): Promise<Trained> {
  const { accuracy } = await model.eval(test);
  progress.end([`accuracy ${percent(accuracy!)}`]);
  const [parameters, checkpoint] = [await model.parameters(), await model.checkpoint()];
  return { network: model.network, parameters, accuracy: accuracy!, checkpoint };
}

/** Ordinary training as the tutorial's: momentum 0.9, rate 0.01. First weights and order of the images come from `seed`. */
export async function trainOrdinary(
  engine: Engine,
  images: Images,
  settings: Settings,
  seed: number,
  progress: Progress,
): Promise<Trained> {
  const { epochs, batchSize } = settings;
  const optimizer = momentum({ lr: ORDINARY_RATE });
  const model = new Model({ engine, network: lenet5({ seed }), optimizer, metrics: { accuracy: accuracy() } });
  const test = lenet5Dataset(images.test, seed);
  const callbacks = [monitor(progress, test, false)];
  await model.train(epochs, lenet5Dataset(images.train, seed, images.samples), { batchSize, callbacks });
  return await finished(model, test, progress);
}

/** How a network is suppressed. */
interface Suppression {
  readonly layers: readonly (MaskLayerDes | UnitLayerDes)[];
  readonly endEpoch: number;
  readonly sparseEnd: number;
  readonly callbacks: readonly Callback[];
}

/** Suppressed training, from the same first weights and in the same order of images as the ordinary network of the same seed. */
async function train(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
  { layers, endEpoch, sparseEnd, callbacks }: Suppression,
): Promise<Suppressed> {
  const { epochs, startEpoch, lr, batchSize, seed } = settings;
  const data = lenet5Dataset(images.train, seed, images.samples), test = lenet5Dataset(images.test, seed);
  const network = lenet5({ seed });
  const batchNum = data.batches(batchSize);
  const maskTimes = settings.maskTimes ?? Math.max(1, Math.round((endEpoch - startEpoch + 1) * batchNum / INTERVAL));
  const options = { epochs, endEpoch, startEpoch, batchNum, maskTimes, lr, sparseEnd, seed };
  const control = SuppressPrivacyFactory.create(network, layers, options);
  for (const warning of control.warnings) progress.note(`sup_privacy: warning (--mask-times): ${warning}`);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr }), metrics: { accuracy: accuracy() } });
  model.linkSuppressCtrl(control);
  const masker = new SuppressMasker(control);
  await model.train(epochs, data, { batchSize, callbacks: [masker, monitor(progress, test, true), ...callbacks] });
  const trained = await finished(model, test, progress);
  return { ...trained, operations: control.operations, layers: Object.keys(await model.masks()) };
}

/** The tutorial's suppression of single weights. */
export async function trainSuppressed(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
): Promise<Suppressed> {
  const { epochs: endEpoch, sparseEnd } = settings;
  return await train(engine, images, settings, progress, {
    layers: lenet5MaskLayers(),
    endEpoch,
    sparseEnd,
    callbacks: [],
  });
}

/**
 * Suppression of fc1's units, whose outputs the attacker sees. The last of them falls silent well before the end, and what is left learns in peace, in the last fifth of the epochs at a fifth of the rate.
 */
export async function trainUnitSuppressed(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
): Promise<Suppressed> {
  const { epochs, startEpoch, units, lr } = settings;
  const slow = epochs - Math.floor(epochs / 5) + 1;
  return await train(engine, images, settings, progress, {
    layers: [{ layerName: "fc1", granularity: "unit", minNum: units }],
    endEpoch: Math.max(startEpoch, Math.floor(0.7 * epochs)),
    sparseEnd: 1 - units / UNITS,
    callbacks: [new LearningRateScheduler((_, epoch) => epoch >= slow ? lr / 5 : lr)],
  });
}
