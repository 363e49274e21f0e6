/**
 * Pooling: the maximum or the mean over windows.
 *
 * @module
 */
import { type LayerKind, NO_PARAMETERS } from "./kind.ts";
import { type LayerOptions, named, pair, type Size2d, windows } from "./options.ts";

/** The kinds of pooling. */
export type PoolKind = "maxPool2d" | "averagePool2d";

/** The maximum or the mean over windows of each channel. */
export interface PoolLayer<K extends PoolKind = PoolKind> extends LayerOptions {
  /** Whether a window gives its maximum or its mean. */
  readonly kind: K;
  /** Height and width of a window, in pixels. */
  readonly window: readonly [number, number];
  /** Rows and columns from one window to the next. */
  readonly stride: readonly [number, number];
}

/** Options of {@link maxPool2d} and {@link averagePool2d}. */
export interface PoolOptions extends LayerOptions {
  /** Height and width of a window; default 2. */
  readonly window?: Size2d;
  /** Step between windows; default the window, so that windows do not overlap. */
  readonly stride?: Size2d;
}

function pool<K extends PoolKind>(kind: K, options: PoolOptions): PoolLayer<K> {
  const window = pair(`${kind}: window`, options.window ?? 2, 1);
  return { kind, ...named(options), window, stride: pair(`${kind}: stride`, options.stride ?? window, 1) };
}

/**
 * The maximum over windows of each channel, without padding; of equal values the first in row order wins and receives
 * the gradient.
 *
 * @throws {RangeError} if a size is no positive integer.
 * @example
 * ```ts
 * import { maxPool2d } from "@tacet/tacet";
 * const layer = maxPool2d({ window: 2 });
 * ```
 */
export function maxPool2d(options: PoolOptions = {}): PoolLayer<"maxPool2d"> {
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
export function averagePool2d(options: PoolOptions = {}): PoolLayer<"averagePool2d"> {
  return pool("averagePool2d", options);
}

/** The row of both in the table of layers. */
export const poolKind = {
  prefix: "pool",
  units: { keepsZero: true },
  outputShape: (name, { window, stride }, input) => [input[0], ...windows(name, input, window, stride)],
  ...NO_PARAMETERS,
} as const satisfies LayerKind<PoolLayer>;
