/** A small network to be taught to read drawn digits, and models that train it: plainly, or suppressed. */
import {
  accuracy,
  conv2d,
  Dataset,
  type DatasetOptions,
  dense,
  drawnDigits,
  type Engine,
  type EngineOptions,
  flatten,
  type MaskLayerDes,
  maxPool2d,
  type Metric,
  Model,
  momentum,
  type Network,
  openEngine,
  type Optimizer,
  relu,
  sequential,
  sgd,
  SuppressMasker,
  SuppressModel,
  type SuppressOptions,
  SuppressPrivacyFactory,
} from "../../mod.ts";

/** Drawn digits, 28x28. */
export const digits = drawnDigits(1500);
/** The first `count` of them. */
export const few = (count: number, options: DatasetOptions = {}) => new Dataset(digits, { limit: count, ...options });

/** A classifier of 28x28. */
export function reader(seed = 1): Network {
  return sequential([1, 28, 28], [
    conv2d({ channels: 8, kernel: 5, stride: 2 }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 32 }),
    relu(),
    dense({ outputs: 10 }),
  ], { seed });
}

/** What `readerModel` need not choose itself. */
interface Choices {
  readonly options?: EngineOptions;
  readonly network?: Network;
  readonly optimizer?: Optimizer;
  readonly metrics?: Record<string, Metric>;
}

/** An untrained model of it, that counts what it reads rightly. */
export async function readerModel(choices: Choices = {}): Promise<Model> {
  const { options, network = reader(), optimizer = momentum({ lr: 0.02 }), metrics = { accuracy: accuracy() } } =
    choices;
  return new Model({ engine: await openEngine(options), network, optimizer, metrics });
}

/** What is suppressed of it. */
export const LAYERS: readonly MaskLayerDes[] = [
  { layerName: "conv1.weight", isAddNoise: true, isLowerClip: true, minNum: 10 },
  { layerName: "fc1.weight", isAddNoise: true, isLowerClip: false, minNum: -1 },
];
/** In 3 epochs of 20 batches. */
export const PLAN = { startEpoch: 2, endEpoch: 3, batchNum: 20, maskTimes: 8, lr: 0.2, sparseEnd: 0.9 } as const;

/** A model to be trained for 3 epochs of 20 batches of 16. */
export async function suppressedReader(options?: EngineOptions, settings: SuppressOptions = {}) {
  const network = reader();
  const control = SuppressPrivacyFactory.create(network, LAYERS, { ...PLAN, ...settings });
  const engine: Engine = await openEngine(options);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.2 }), metrics: { accuracy: accuracy() } });
  model.linkSuppressCtrl(control);
  return { model, control, masker: new SuppressMasker(control) };
}
