/**
 * A network is a value: its layers with their shapes, and the names, shapes and first values of its parameters.
 *
 * @module
 */
import { integer, MOST_SEED } from "../checks/numbers.ts";
import type { InitialDistribution, Initializer } from "./initializers.ts";
import type { Layer } from "./layers.ts";

/** The shape of one image's activation: `[channels, height, width]`, or `[features]` behind a flatten. */
export type Shape = readonly [number] | readonly [number, number, number];

/** A named parameter: its shape and the distribution of its first values. */
export interface ParameterSpec {
  /** The layer's name and "weight" or "bias": "conv1.weight". */
  readonly name: string;
  /** Length of each dimension: `[outputs, inputs, height, width]` of a convolution, `[outputs, inputs]` of a dense layer, `[outputs]` of a bias. */
  readonly shape: readonly number[];
  /** From which its first values are drawn. */
  readonly initial: InitialDistribution;
}

/** A layer in its place: named, with the shapes of its input and output. */
export interface PlacedLayer {
  /** Unique in its network: as given, or its kind and a number. */
  readonly name: string;
  /** What it does. */
  readonly layer: Layer;
  /** Of one image, as the layer before gives it. */
  readonly inputShape: Shape;
  /** Of one image, as the layer behind takes it. */
  readonly outputShape: Shape;
  /** Index of its weight among the network's parameters; absent where it has none. */
  readonly weight?: number;
  /** Index of its bias among the network's parameters; absent where it has none. */
  readonly bias?: number;
}

/** A network as {@link sequential} makes it. */
export interface Network {
  /** Of one image. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  /** Of what the last layer gives for one image; `[classes]` in a classifier. */
  readonly outputShape: Shape;
  /** In the order of computation. */
  readonly layers: readonly PlacedLayer[];
  /** In the order of the layers, weight before bias: the order of the gradients. */
  readonly parameters: readonly ParameterSpec[];
  /** From which the first values of all parameters are drawn. */
  readonly seed: number;
}

/** The values of a network's parameters by their names, each in its specification's row-major order. */
export type ParameterValues = Readonly<Record<string, Float32Array>>;

/**
 * The number of elements of a shape: the product of its lengths, 1 for `[]`.
 *
 * @example
 * ```ts
 * import { sizeOf } from "@tacet/tacet";
 * console.log(sizeOf([16, 5, 5])); // 400
 * ```
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

const PREFIXES: Record<Layer["kind"], string> = {
  conv2d: "conv",
  dense: "fc",
  relu: "relu",
  sigmoid: "sigmoid",
  maxPool2d: "pool",
  averagePool2d: "pool",
  flatten: "flatten",
};

function windows(
  name: string,
  input: Shape,
  window: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
): number[] {
  if (input.length !== 3) {
    throw new RangeError(
      `${name} needs an input [channels, height, width], but the layer before gives [${input}]: move it before the flatten`,
    );
  }
  return [0, 1].map((axis) => {
    const room = input[axis + 1 as 1 | 2] + 2 * padding[axis]! - window[axis]!;
    if (room < 0) {
      throw new RangeError(
        `${name}: a window of [${window}] does not fit into [${input.slice(1)}] with padding [${padding}]`,
      );
    }
    return Math.floor(room / stride[axis]!) + 1;
  });
}

function outputShapeOf(name: string, layer: Layer, input: Shape): Shape {
  switch (layer.kind) {
    case "conv2d": {
      const [height, width] = windows(name, input, layer.kernel, layer.stride, layer.padding);
      return [layer.channels, height!, width!];
    }
    case "maxPool2d":
    case "averagePool2d": {
      const [height, width] = windows(name, input, layer.window, layer.stride, [0, 0]);
      return [input[0], height!, width!];
    }
    case "dense":
      if (input.length !== 1) {
        throw new RangeError(
          `${name} needs a flat input, but the layer before gives [${input}]: put flatten() between`,
        );
      }
      return [layer.outputs];
    case "relu":
    case "sigmoid":
      return input;
    case "flatten":
      return [sizeOf(input)];
  }
}

function weightShapeOf(layer: Layer, input: Shape): number[] | undefined {
  if (layer.kind === "conv2d") return [layer.channels, input[0], ...layer.kernel];
  if (layer.kind === "dense") return [layer.outputs, input[0]];
  return undefined;
}

/**
 * A network of layers one after the other, for images of `inputShape`. Layers without a name are numbered by kind: conv1, relu1, pool1, fc1.
 *
 * @param inputShape channels, height and width of an image
 * @param layers at least one
 * @param options `seed` (default 1), an unsigned 32-bit integer: the same seed gives the same first parameters everywhere
 * @throws {RangeError} if a layer does not fit the output of the one before it, a name occurs twice or the seed is out of range.
 * @example
 * ```ts
 * import { conv2d, dense, flatten, relu, sequential } from "@tacet/tacet";
 * const network = sequential([1, 28, 28], [conv2d({ channels: 8, kernel: 3, stride: 2 }), relu(), flatten(), dense({ outputs: 10 })]);
 * console.log(network.outputShape); // [10]
 * ```
 */
export function sequential(
  inputShape: readonly [number, number, number],
  layers: readonly Layer[],
  options: { seed?: number } = {},
): Network {
  if (inputShape.length !== 3 || !inputShape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new RangeError(`inputShape is [${inputShape}]; it must be three positive integers: channels, height, width`);
  }
  if (layers.length === 0) throw new RangeError("a network needs at least one layer");
  const seed = integer("seed", options.seed ?? 1, 0, MOST_SEED);
  const placed: PlacedLayer[] = [];
  const parameters: ParameterSpec[] = [];
  const counts = new Map<string, number>();
  let shape: Shape = inputShape;
  for (const layer of layers) {
    const prefix = PREFIXES[layer.kind];
    const ordinal = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, ordinal);
    const name = layer.name ?? (layer.kind === "flatten" && ordinal === 1 ? prefix : `${prefix}${ordinal}`);
    if (placed.some((other) => other.name === name)) {
      throw new RangeError(`two layers are named ${name}; names must be unique`);
    }
    const outputShape = outputShapeOf(name, layer, shape);
    const weightShape = weightShapeOf(layer, shape);
    const indices: { weight?: number; bias?: number } = {};
    if (weightShape && (layer.kind === "conv2d" || layer.kind === "dense")) {
      const window = sizeOf(weightShape.slice(2));
      const add = (kind: "weight" | "bias", parameterShape: number[], initializer: Initializer) => {
        const initial = initializer(weightShape[1]! * window, weightShape[0]! * window);
        indices[kind] = parameters.push({ name: `${name}.${kind}`, shape: parameterShape, initial }) - 1;
      };
      add("weight", weightShape, layer.weightInit);
      if (layer.bias) add("bias", [weightShape[0]!], layer.biasInit);
    }
    placed.push({ name, layer, inputShape: shape, outputShape, ...indices });
    shape = outputShape;
  }
  return { inputShape, outputShape: shape, layers: placed, parameters, seed };
}

/**
 * The first layers of a network, up to and with the named one: what an attacker who sees that layer's output knows of it. Its parameters
 * keep their names, order and first values.
 *
 * @throws {RangeError} if the network has no layer of that name.
 * @example
 * ```ts
 * import { lenet5, sliceNetwork } from "@tacet/tacet";
 * const part = sliceNetwork(lenet5(), "relu3"); // the tutorial's LeNet5_part: the 120 features of fc1 after ReLU
 * ```
 */
export function sliceNetwork(network: Network, layerName: string): Network {
  const end = network.layers.findIndex((layer) => layer.name === layerName);
  if (end < 0) {
    throw new RangeError(
      `the network has no layer ${JSON.stringify(layerName)}; its layers are ${
        network.layers.map((layer) => layer.name).join(", ")
      }`,
    );
  }
  const layers = network.layers.slice(0, end + 1);
  const indices = layers.flatMap((layer) => [layer.weight ?? -1, layer.bias ?? -1]);
  return {
    inputShape: network.inputShape,
    outputShape: layers[end]!.outputShape,
    layers,
    parameters: network.parameters.slice(0, Math.max(...indices) + 1),
    seed: network.seed,
  };
}
