/**
 * Trains the three networks: an ordinary one, another ordinary one that judges, and the suppressed one.
 *
 * @module
 */
import {
  accuracy,
  type Checkpoint,
  type Dataset,
  type Engine,
  lenet5,
  lenet5MaskLayers,
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
} from "../../mod.ts";
import type { Settings } from "./args.ts";
import { lenet5Dataset } from "./data.ts";
import type { Images } from "./data.ts";
import type { Progress } from "./progress.ts";

/** The tutorial's learning rate of ordinary training, with momentum 0.9. */
export const ORDINARY_RATE = 0.01;

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
    const loss = `loss ${(await state.loss()).toFixed(2)}`;
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

/** Suppressed training, from the same first weights and in the same order of images as the ordinary network of the same seed. */
export async function trainSuppressed(
  engine: Engine,
  images: Images,
  settings: Settings,
  progress: Progress,
): Promise<Suppressed> {
  const { epochs, startEpoch, lr, sparseEnd, batchSize, seed } = settings;
  const train = lenet5Dataset(images.train, seed, images.samples), test = lenet5Dataset(images.test, seed);
  const network = lenet5({ seed });
  const batchNum = train.batches(batchSize);
  const maskTimes = settings.maskTimes ?? Math.max(1, Math.round((epochs - startEpoch + 1) * batchNum / INTERVAL));
  const options = { endEpoch: epochs, startEpoch, batchNum, maskTimes, lr, sparseEnd, seed };
  const control = SuppressPrivacyFactory.create(network, lenet5MaskLayers(), options);
  for (const warning of control.warnings) progress.note(`sup_privacy: warning (--mask-times): ${warning}`);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr }), metrics: { accuracy: accuracy() } });
  model.linkSuppressCtrl(control);
  const callbacks = [new SuppressMasker(control), monitor(progress, test, true)];
  await model.train(epochs, train, { batchSize, callbacks });
  const trained = await finished(model, test, progress);
  return { ...trained, operations: control.operations, layers: control.maskLayers.map(({ name }) => name) };
}
