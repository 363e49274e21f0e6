/**
 * The layers a network is made of: descriptions without arithmetic. Their sizes follow from the layer before, see {@link sequential}.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { he, type Initializer, zeros } from "./initializers.ts";

/** A height and a width, or one number for both. */
export type Size2d = number | readonly [height: number, width: number];

/** A 2-D convolution (cross-correlation, as in every deep learning framework). */
export interface Conv2dLayer {
  /** Tells this layer from the others. */
  readonly kind: "conv2d";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
  /** Number of output channels. */
  readonly channels: number;
  /** Height and width of the kernel, in pixels. */
  readonly kernel: readonly [number, number];
  /** Rows and columns from one window to the next. */
  readonly stride: readonly [number, number];
  /** Rows of zeros added above and below, columns of zeros added left and right. */
  readonly padding: readonly [number, number];
  /** Whether each output channel has a bias. */
  readonly bias: boolean;
  /** Distribution of the weight's first values. */
  readonly weightInit: Initializer;
  /** Distribution of the bias's first values; unused without a bias. */
  readonly biasInit: Initializer;
}

/** A fully connected layer. */
export interface DenseLayer {
  /** Tells this layer from the others. */
  readonly kind: "dense";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
  /** Number of outputs. */
  readonly outputs: number;
  /** Whether each output has a bias. */
  readonly bias: boolean;
  /** Distribution of the weight's first values. */
  readonly weightInit: Initializer;
  /** Distribution of the bias's first values; unused without a bias. */
  readonly biasInit: Initializer;
}

/** max(x, 0), element for element. */
export interface ReluLayer {
  /** Tells this layer from the others. */
  readonly kind: "relu";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
}

/** 1 / (1 + e^-x), element for element: from 0 to 1. */
export interface SigmoidLayer {
  /** Tells this layer from the others. */
  readonly kind: "sigmoid";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
}

/** The maximum or the mean over windows of each channel. */
export interface PoolLayer {
  /** Whether a window gives its maximum or its mean. */
  readonly kind: "maxPool2d" | "averagePool2d";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
  /** Height and width of a window, in pixels. */
  readonly window: readonly [number, number];
  /** Rows and columns from one window to the next. */
  readonly stride: readonly [number, number];
}

/** Joins channels, rows and columns to one axis. */
export interface FlattenLayer {
  /** Tells this layer from the others. */
  readonly kind: "flatten";
  /** As given; absent where the network is to number it. */
  readonly name?: string;
}

/** Any layer. */
export type Layer = Conv2dLayer | DenseLayer | ReluLayer | SigmoidLayer | PoolLayer | FlattenLayer;

/** Options that every layer takes. */
export interface LayerOptions {
  /** The layer's name, unique in its network; by default its kind and a number: conv1, relu1, pool1, fc1, ... */
  readonly name?: string;
}

/** Options of layers with weights. */
export interface WeightedOptions extends LayerOptions {
  /** Whether a bias is added to each output channel; default true. */
  readonly bias?: boolean;
  /** First values of the weight; default {@link he}. */
  readonly weightInit?: Initializer;
  /** First values of the bias; default {@link zeros}. */
  readonly biasInit?: Initializer;
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends WeightedOptions {
  /** Number of output channels. */
  readonly channels: number;
  /** Height and width of the kernel. */
  readonly kernel: Size2d;
  /** Step between windows; default 1. */
  readonly stride?: Size2d;
  /** Rows and columns of zeros added on each side of the input; default 0. */
  readonly padding?: Size2d;
}

/** Options of {@link dense}. */
export interface DenseOptions extends WeightedOptions {
  /** Number of outputs. */
  readonly outputs: number;
}

/** Options of {@link maxPool2d} and {@link averagePool2d}. */
export interface PoolOptions extends LayerOptions {
  /** Height and width of a window; default 2. */
  readonly window?: Size2d;
  /** Step between windows; default the window, so that windows do not overlap. */
  readonly stride?: Size2d;
}

function pair(where: string, size: Size2d, least: number): readonly [number, number] {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  for (const value of [height, width]) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${where} is ${JSON.stringify(size)}; it must be one or two integers of at least ${least}`);
    }
  }
  return [height, width];
}

function named(options: LayerOptions): LayerOptions {
  const { name } = options;
  if (name === undefined) return {};
  if (name === "" || /[\s.]/.test(name)) {
    throw new RangeError(`layer name is ${JSON.stringify(name)}; it must be a word without spaces and dots`);
  }
  return { name };
}

function weighted(options: WeightedOptions): Required<Omit<WeightedOptions, "name">> {
  return { bias: options.bias ?? true, weightInit: options.weightInit ?? he(), biasInit: options.biasInit ?? zeros() };
}

/**
 * A 2-D convolution with any kernel size, stride and zero padding: `[channels in][height][width]` to
 * `[channels][(height + 2 padding - kernel) / stride + 1][...]`. Its weight is `[channels][channels in][kernel height][kernel width]`.
 *
 * @throws {RangeError} if a size is no positive integer (padding: no non-negative one).
 * @example
 * ```ts
 * import { conv2d } from "@tacet/tacet";
 * const layer = conv2d({ channels: 16, kernel: 3, padding: 1, stride: 2 });
 * ```
 */
export function conv2d(options: Conv2dOptions): Conv2dLayer {
  return {
    kind: "conv2d",
    ...named(options),
    channels: integer("conv2d: channels", options.channels),
    kernel: pair("conv2d: kernel", options.kernel, 1),
    stride: pair("conv2d: stride", options.stride ?? 1, 1),
    padding: pair("conv2d: padding", options.padding ?? 0, 0),
    ...weighted(options),
  };
}

/**
 * A fully connected layer: `[inputs]` to `[outputs]`. Its weight is `[outputs][inputs]`.
 *
 * @throws {RangeError} if `outputs` is no positive integer.
 * @example
 * ```ts
 * import { dense } from "@tacet/tacet";
 * const layer = dense({ outputs: 10 });
 * ```
 */
export function dense(options: DenseOptions): DenseLayer {
  return {
    kind: "dense",
    ...named(options),
    outputs: integer("dense: outputs", options.outputs),
    ...weighted(options),
  };
}

/**
 * max(x, 0), element for element.
 *
 * @example
 * ```ts
 * import { relu } from "@tacet/tacet";
 * const layer = relu();
 * ```
 */
export function relu(options: LayerOptions = {}): ReluLayer {
  return { kind: "relu", ...named(options) };
}

/**
 * 1 / (1 + e^-x), element for element: for outputs from 0 to 1, as pixels are.
 *
 * @example
 * ```ts
 * import { sigmoid } from "@tacet/tacet";
 * const layer = sigmoid();
 * ```
 */
export function sigmoid(options: LayerOptions = {}): SigmoidLayer {
  return { kind: "sigmoid", ...named(options) };
}

function pool(kind: PoolLayer["kind"], options: PoolOptions): PoolLayer {
  const window = pair(`${kind}: window`, options.window ?? 2, 1);
  return { kind, ...named(options), window, stride: pair(`${kind}: stride`, options.stride ?? window, 1) };
}

/**
 * The maximum over windows of each channel, without padding; of equal values the first in row order wins and receives the gradient.
 *
 * @throws {RangeError} if a size is no positive integer.
 * @example
 * ```ts
 * import { maxPool2d } from "@tacet/tacet";
 * const layer = maxPool2d({ window: 2 });
 * ```
 */
export function maxPool2d(options: PoolOptions = {}): PoolLayer {
  return pool("maxPool2d", options);
}

/**
 * The mean over windows of each channel, without padding.
 *
 * @throws {RangeError} if a size is no positive integer.
 * @example
 * ```ts
 * import { averagePool2d } from "@tacet/tacet";
 * const layer = averagePool2d({ window: 3, stride: 2 });
 * ```
 */
export function averagePool2d(options: PoolOptions = {}): PoolLayer {
  return pool("averagePool2d", options);
}

/**
 * Joins channels, rows and columns to one axis, as a dense layer needs it.
 *
 * @example
 * ```ts
 * import { flatten } from "@tacet/tacet";
 * const layer = flatten();
 * ```
 */
export function flatten(options: LayerOptions = {}): FlattenLayer {
  return { kind: "flatten", ...named(options) };
}
