/**
 * The options that layers share.
 *
 * @module
 */
import { he, type Initializer, zeros } from "../initializers.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { LayerParameter } from "./kind.ts";

/** A height and a width, or one number for both. */
export type Size2d = number | readonly [height: number, width: number];

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

/** The bias and first values of a layer with weights, complete. */
export type Weighted = Required<Omit<WeightedOptions, "name">>;

/** A height and a width, each an integer of at least `least`. */
export function pair(where: string, size: Size2d, least: number): readonly [number, number] {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  for (const value of [height, width]) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${where} is ${JSON.stringify(size)}; it must be one or two integers of at least ${least}`);
    }
  }
  return [height, width];
}

/** The name, if there is one. */
export function named(options: LayerOptions): LayerOptions {
  const { name } = options;
  if (name === undefined) return {};
  if (name === "" || /[\s.]/.test(name)) {
    throw new RangeError(`layer name is ${JSON.stringify(name)}; it must be a word without spaces and dots`);
  }
  return { name };
}

/** Bias and first values with their defaults. */
export function weighted(options: WeightedOptions): Weighted {
  return { bias: options.bias ?? true, weightInit: options.weightInit ?? he(), biasInit: options.biasInit ?? zeros() };
}

/** The weight `[outputs][inputs][...window]` of a layer, and its bias `[outputs]` if it has one. */
export function weightAndBias(
  { bias, weightInit, biasInit }: Weighted,
  [outputs, inputs, ...window]: readonly [number, number, ...number[]],
): LayerParameter[] {
  const fans = [inputs * sizeOf(window), outputs * sizeOf(window)] as const;
  const weight = { role: "weight", shape: [outputs, inputs, ...window], initial: weightInit(...fans) } as const;
  return bias ? [weight, { role: "bias", shape: [outputs], initial: biasInit(...fans) }] : [weight];
}

/**
 * Rows and columns of windows that fit an input.
 *
 * @throws {RangeError} if the input has no rows and columns, or fewer than a window.
 */
export function windows(
  name: string,
  input: Shape,
  window: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number] = [0, 0],
): readonly [rows: number, columns: number] {
  if (input.length !== 3) {
    throw new RangeError(
      `${name} needs an input [channels, height, width], but the layer before gives [${input}]: move it before the flatten`,
    );
  }
  const along = (axis: 0 | 1) => {
    const room = input[axis + 1 as 1 | 2] + 2 * padding[axis] - window[axis];
    if (room < 0) {
      throw new RangeError(
        `${name}: a window of [${window}] does not fit into [${input.slice(1)}] with padding [${padding}]`,
      );
    }
    return Math.floor(room / stride[axis]) + 1;
  };
  return [along(0), along(1)];
}
