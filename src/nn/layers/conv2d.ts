/**
 * The 2-D convolution.
 *
 * @module
 */
import { integer } from "../../checks/numbers.ts";
import { sizeOf } from "../shape.ts";
import type { LayerKind } from "./kind.ts";
import {
  type LayerOptions,
  named,
  pair,
  type Size2d,
  weightAndBias,
  weighted,
  type WeightedOptions,
  windows,
} from "./options.ts";
import type { Initializer } from "../initializers.ts";

/** A 2-D convolution (cross-correlation, as in every deep learning framework). */
export interface Conv2dLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "conv2d";
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

/**
 * A 2-D convolution with any kernel size, stride and zero padding: `[channels in][height][width]` to
 * `[channels][(height + 2 padding - kernel) / stride + 1][...]`. Its weight is `[channels][channels in][kernel
 * height][kernel width]`.
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

/** Its row in the table of layers. */
export const conv2dKind: LayerKind<Conv2dLayer> = {
  prefix: "conv",
  units: { resized: (layer, channels) => ({ ...layer, channels }) },
  outputShape: (
    name,
    { channels, kernel, stride, padding },
    input,
  ) => [channels, ...windows(name, input, kernel, stride, padding)],
  parameters: (layer, input) => weightAndBias(layer, [layer.channels, input[0], ...layer.kernel]),
  multiplyAdds: ({ kernel }, [channels], output) => sizeOf(output) * channels * sizeOf(kernel),
};
