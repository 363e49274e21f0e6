/**
 * Trains the four networks: an ordinary one, another ordinary one that judges, one suppressed by weight and one by
 * unit.
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
  Model,
  momentum,
  ProgressMonitor,
  sgd,
  SuppressModel,
  type SuppressPlan,
  type TrainedNetwork,
  type TrainingState,
} from "../../mod.ts";
import type { Settings } from "./args.ts";
import { lenet5Dataset } from "./data.ts";
import type { Images } from "./data.ts";
import type { Progress } from "./progress.ts";

/** The tutorial's learning rate of ordinary training, with momentum 0.9. */
export const ORDINARY_RATE = 0.01;

/** A trained network and what was measured of it. */
export interface Trained extends TrainedNetwork {
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

/**
 * Ordinary training as the tutorial's: momentum 0.9, rate 0.01. First weights and order of the images come from `seed`.
 */
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

/**
 * Suppressed training, from the same first weights and in the same order of images as the ordinary network of the same
 * seed.
 */
async function train(
  engine: Engine,
  images: Images,
  { epochs, startEpoch, maskTimes, lr, batchSize, seed }: Settings,
  progress: Progress,
  plan: SuppressPlan,
  ...callbacks: readonly Callback[]
): Promise<Suppressed> {
  const data = lenet5Dataset(images.train, seed, images.samples), test = lenet5Dataset(images.test, seed);
  const suppress = { ...plan, startEpoch, seed, ...(maskTimes !== undefined && { maskTimes }) };
  const options = { engine, network: lenet5({ seed }), optimizer: sgd({ lr }), metrics: { accuracy: accuracy() } };
  const model = new SuppressModel({ ...options, suppress });
  const warn = () => {
    for (const text of model.suppressCtrl!.warnings) progress.note(`sup_privacy: warning (--mask-times): ${text}`);
  };
  const watched = [{ onTrainBegin: warn }, monitor(progress, test, true), ...callbacks];
  await model.train(epochs, data, { batchSize, callbacks: watched });
  const trained = await finished(model, test, progress), { operations } = model.suppressCtrl!;
  return { ...trained, operations, layers: Object.keys(await model.masks()) };
}

/** The tutorial's suppression of single weights. */
export async function trainSuppressed(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
): Promise<Suppressed> {
  const plan = { layers: lenet5MaskLayers(), sparseEnd: settings.sparseEnd };
  return await train(engine, images, settings, progress, plan);
}

/**
 * Suppression of fc1's units, whose outputs the attacker sees. The last of them falls silent well before the end, and
 * what is left learns in peace, in the last fifth of the epochs at a fifth of the rate.
 */
export async function trainUnitSuppressed(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
): Promise<Suppressed> {
  const { epochs, units, lr } = settings;
  const slow = epochs - Math.floor(epochs / 5) + 1;
  const scheduler = new LearningRateScheduler((_, epoch) => epoch >= slow ? lr / 5 : lr);
  const plan: SuppressPlan = { layers: [{ layerName: "fc1", granularity: "unit", minNum: units }] };
  return await train(engine, images, settings, progress, plan, scheduler);
}
