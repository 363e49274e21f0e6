/**
 * How a parameter gets its first values: descriptions that an engine carries out.
 *
 * @module
 */

import { positive } from "../checks/numbers.ts";

/**
 * The distribution from which a parameter's first values are drawn, and its scale; resolved from an {@link Initializer}
 * and the parameter's fans.
 */
export interface InitialDistribution {
  /**
   * `uniform` is over [-scale, scale); `normal` has standard deviation `scale`; `truncatedNormal` likewise, redrawn
   * beyond two deviations.
   */
  readonly distribution: "zeros" | "ones" | "uniform" | "normal" | "truncatedNormal";
  /** Half width or standard deviation; 0 for zeros and ones. */
  readonly scale: number;
}

/** Turns the number of inputs and outputs that a weight connects into a distribution. */
export type Initializer = (fanIn: number, fanOut: number) => InitialDistribution;

/**
 * All values 0: the usual choice for biases.
 *
 * @example
 * ```ts
 * import { dense, zeros } from "@tacet/tacet";
 * const layer = dense({ outputs: 10, weightInit: zeros() });
 * ```
 */
export function zeros(): Initializer {
  return () => ({ distribution: "zeros", scale: 0 });
}

/**
 * All values 1: the usual choice for what scales.
 *
 * @example
 * ```ts
 * import { dense, ones } from "@tacet/tacet";
 * const layer = dense({ outputs: 10, biasInit: ones() });
 * ```
 */
export function ones(): Initializer {
  return () => ({ distribution: "ones", scale: 0 });
}

/**
 * Normal with the given standard deviation (default 0.05), redrawn until within two deviations of 0, as MindSpore's
 * `TruncatedNormal`.
 *
 * @throws {RangeError} if the deviation is not positive and finite.
 * @example
 * ```ts
 * import { dense, truncatedNormal } from "@tacet/tacet";
 * const layer = dense({ outputs: 10, weightInit: truncatedNormal(0.02) });
 * ```
 */
export function truncatedNormal(deviation = 0.05): Initializer {
  positive("truncatedNormal: deviation", deviation);
  return () => ({ distribution: "truncatedNormal", scale: deviation });
}

/**
 * Normal with deviation sqrt(2 / fanIn), for layers before a ReLU. Source: He et al., "Delving deep into rectifiers",
 * 2015.
 *
 * @example
 * ```ts
 * import { dense, he } from "@tacet/tacet";
 * const layer = dense({ outputs: 10, weightInit: he() });
 * ```
 */
export function he(): Initializer {
  return (fanIn) => ({ distribution: "normal", scale: Math.sqrt(2 / fanIn) });
}

/**
 * Uniform within sqrt(6 / (fanIn + fanOut)). Source: Glorot and Bengio, "Understanding the difficulty of training deep
 * feedforward neural networks", 2010.
 *
 * @example
 * ```ts
 * import { dense, xavier } from "@tacet/tacet";
 * const layer = dense({ outputs: 10, weightInit: xavier() });
 * ```
 */
export function xavier(): Initializer {
  return (fanIn, fanOut) => ({ distribution: "uniform", scale: Math.sqrt(6 / (fanIn + fanOut)) });
}
