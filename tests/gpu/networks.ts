/**
 * Random networks and images whose sums float32 holds exactly, or nearly so: parameters are sixteenths, pixels 256ths.
 * Then all engines find the same winners and the same zeros of ReLU, ties included, and their gradients differ by
 * rounding alone.
 */
import {
  adam,
  averagePool2d,
  batchNorm,
  type BatchSource,
  conv2d,
  dense,
  dpSgd,
  dropout,
  flatten,
  gelu,
  maxPool2d,
  momentum,
  type Network,
  type NetworkPart,
  type Optimizer,
  type ParameterValues,
  quantize,
  Random,
  relu,
  residual,
  sequential,
  sgd,
  sigmoid,
  sizeOf,
} from "../../mod.ts";
import { ELEMENTWISE_NAMES } from "../../src/nn/layers/table.ts";

/** A network, values for its parameters, images for its input and a batch size. */
export interface Sample {
  readonly network: Network;
  readonly parameters: ParameterValues;
  readonly data: BatchSource;
  readonly batchSize: number;
}

type Input = readonly [channels: number, height: number, width: number];

function sample(
  seed: number,
  input: Input,
  layers: readonly NetworkPart[],
  batchSize: number,
  shrink = false,
  alive = 1,
): Sample {
  const random = new Random(seed, 1), network = sequential(input, layers, { seed });
  const parameters = Object.fromEntries(network.parameters.map(({ name, shape, least }) => [
    name,
    Float32Array.from(
      { length: sizeOf(shape) },
      () =>
        least !== undefined
          ? least + (4 + random.integer(7)) / 8
          : alive < 1 && random.uniform() >= alive
          ? 0
          : (random.integer(7) - 3) / 16,
    ),
  ]));
  const [channels, height, width] = input, count = batchSize + 3;
  const [sourceHeight, sourceWidth] = shrink ? [height + 3, width - 1] : [height, width];
  const bytes = { length: count * channels * sourceHeight * sourceWidth };
  const classes = Math.min(256, sizeOf(network.outputShape));
  const source = {
    images: Uint8Array.from(bytes, () => random.integer(3) ? random.integer(256) : 0),
    count,
    channels,
    height: sourceHeight,
    width: sourceWidth,
    labels: Uint8Array.from({ length: count }, () => random.integer(classes)),
    classes,
  };
  return { network, parameters, data: { source, size: [height, width], scale: 1 / 256, labels: "integer" }, batchSize };
}

/**
 * Every kind of layer alone and behind others, odd sizes, batches that are no multiple of 4 or 32, channels from 1 to
 * 64, several workgroups.
 */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  "LeNet's way, odd batch": sample(1, [1, 20, 20], [
    conv2d({ channels: 6, kernel: 5, bias: false }),
    relu(),
    maxPool2d(),
    conv2d({ channels: 9, kernel: 3 }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 10 }),
  ], 37),
  "pooled, rows and columns left over, padded, resized": sample(
    2,
    [3, 11, 14],
    [
      conv2d({ channels: 13, kernel: [4, 3], padding: [1, 2] }),
      relu(),
      maxPool2d(),
      flatten(),
      dense({ outputs: 7 }),
    ],
    5,
    true,
  ),
  "64 channels": sample(3, [64, 6, 6], [
    conv2d({ channels: 33, kernel: 3, padding: 1 }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 5 }),
  ], 9),
  "strides, no fusion, a pool that overlaps": sample(4, [2, 15, 13], [
    conv2d({ channels: 5, kernel: [3, 5], stride: [2, 1], padding: [0, 1] }),
    maxPool2d({ window: [3, 2], stride: [2, 1] }),
    conv2d({ channels: 4, kernel: 2, stride: 2 }),
    relu(),
    flatten(),
    dense({ outputs: 6 }),
  ], 33),
  "a kernel as large as the input, 1x1 places, wide padding": sample(5, [1, 3, 3], [
    conv2d({ channels: 10, kernel: 3 }),
    relu(),
    conv2d({ channels: 3, kernel: 1, padding: 2 }),
    relu(),
    flatten(),
    dense({ outputs: 4 }),
  ], 1),
  "averages": sample(6, [3, 9, 10], [
    averagePool2d({ window: 2, stride: 1 }),
    conv2d({ channels: 7, kernel: 3 }),
    relu(),
    averagePool2d({ window: [3, 2] }),
    flatten(),
    dense({ outputs: 9 }),
  ], 70),
  "dense layers of odd sizes, several workgroups": sample(7, [1, 9, 31], [
    flatten(),
    dense({ outputs: 131 }),
    relu(),
    dense({ outputs: 67, bias: false }),
    relu(),
    dense({ outputs: 11 }),
  ], 101),
  "ReLU and sigmoid alone": sample(8, [2, 5, 5], [
    relu(),
    conv2d({ channels: 3, kernel: 3 }),
    sigmoid(),
    flatten(),
    relu(),
    dense({ outputs: 8 }),
    sigmoid(),
  ], 6),
  "every function of single elements, alone and one behind the other": sample(11, [2, 5, 5], [
    ...ELEMENTWISE_NAMES.map((kind) => ({ kind })),
    conv2d({ channels: 3, kernel: 3 }),
    ...ELEMENTWISE_NAMES.toReversed().map((kind) => ({ kind })),
    flatten(),
    ...ELEMENTWISE_NAMES.flatMap((kind) => [dense({ outputs: 9 }), { kind }]),
    dense({ outputs: 4 }),
  ], 6),
  "few levels: of the input, behind ReLU, of units": sample(13, [2, 7, 8], [
    quantize({ levels: 256 }),
    conv2d({ channels: 5, kernel: 3 }),
    relu(),
    quantize({ levels: 5, bound: 2 }),
    flatten(),
    dense({ outputs: 9 }),
    sigmoid(),
    quantize({ levels: 3 }),
    dense({ outputs: 5 }),
  ], 9),
  "dropout in front, behind ReLU and behind a pool": sample(12, [2, 7, 8], [
    dropout({ rate: 0.25 }),
    conv2d({ channels: 5, kernel: 3 }),
    relu(),
    dropout({ rate: 0.5 }),
    averagePool2d(),
    dropout({ rate: 0.125, seed: 7 }),
    flatten(),
    dense({ outputs: 9 }),
    gelu(),
    dropout({ rate: 0.5 }),
    dense({ outputs: 5 }),
  ], 9),
  "batch normalisation behind layers of all kinds": sample(11, [3, 7, 6], [
    batchNorm(),
    relu(),
    conv2d({ channels: 5, kernel: 1, bias: false }),
    batchNorm({ epsilon: 1e-3 }),
    relu(),
    averagePool2d(),
    batchNorm({ epsilon: 0.1 }),
    flatten(),
    dense({ outputs: 12 }),
    relu(),
    batchNorm({ epsilon: 0.1 }),
    dense({ outputs: 6 }),
  ], 21),
  "batch normalisation where branches begin, and where one ends": sample(15, [2, 5, 6], [
    conv2d({ channels: 3, kernel: 1 }),
    relu(),
    residual([batchNorm({ epsilon: 0.1 }), relu(), conv2d({ channels: 3, kernel: 1 })]),
    flatten(),
    dense({ outputs: 7 }),
    residual([batchNorm({ epsilon: 0.1 }), relu(), dense({ outputs: 7 })]),
    residual([dense({ outputs: 7, bias: false }), batchNorm({ epsilon: 0.1 })]),
  ], 21),
  "the last layer a ReLU": sample(9, [1, 6, 7], [
    conv2d({ channels: 17, kernel: 2 }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 12 }),
    relu(),
  ], 3),
  // Kernels of single places, which software adapters compile sooner.
  "residuals: of the input, in a row, one in another, with nothing in them": sample(11, [2, 5, 6], [
    residual([relu()]),
    conv2d({ channels: 3, kernel: 1 }),
    relu(),
    residual([conv2d({ channels: 3, kernel: 1, bias: false }), relu(), residual([relu()])]),
    flatten(),
    residual([flatten()]),
    dense({ outputs: 7 }),
    residual([relu(), dense({ outputs: 7 }), relu()]),
    residual([sigmoid()]),
  ], 21),
  "suppressed: nine weights of ten are 0": sample(
    10,
    [3, 12, 12],
    [
      conv2d({ channels: 16, kernel: 3 }),
      relu(),
      maxPool2d(),
      conv2d({ channels: 10, kernel: 2 }),
      relu(),
      flatten(),
      dense({ outputs: 40 }),
      relu(),
      dense({ outputs: 6 }),
    ],
    32,
    false,
    0.1,
  ),
};

/** A rule of each kind. */
export const OPTIMIZERS: Readonly<Record<Optimizer["kind"], Optimizer>> = {
  sgd: sgd({ lr: 0.05 }),
  momentum: momentum({ lr: 0.01 }),
  adam: adam({ lr: 0.01 }),
  dpSgd: dpSgd({ lr: 0.05, clip: 1, noiseMultiplier: 0.5, batchSize: 5 }),
};
