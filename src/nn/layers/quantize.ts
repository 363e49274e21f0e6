/**
 * Rounding to a few levels.
 *
 * Source of the gradient: Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic
 * Neurons for Conditional Computation", 2013: the straight-through estimator.
 *
 * @module
 */
import { integer, positive } from "../../checks/numbers.ts";
import { ELEMENTWISE, type LayerKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** Elements cut to a range and rounded to a few levels. */
export interface QuantizeLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "quantize";
  /** How many values there are. */
  readonly levels: number;
  /** The highest; the lowest is 0. */
  readonly bound: number;
}

/** Options of {@link quantize}. */
export interface QuantizeOptions extends LayerOptions {
  /** How many values there are: from 2 to 65,536, evenly from 0 to the bound. */
  readonly levels: number;
  /** The highest value; default 1, as a {@link sigmoid} in front gives it. */
  readonly bound?: number;
}

/**
 * Cuts each element to [0, bound] and rounds it to the nearest of `levels` values, evenly from 0 to `bound`; half-way
 * between two of them to the higher one. The gradient is handed through as if nothing had been rounded, and is 0 where
 * something was cut.
 *
 * Few units of few levels give few codes, and what a code can tell is bounded for every attack: see
 * {@link certifyCodes}. Engines add up in different orders: where an element is within their rounding of the middle
 * between two levels, one may round it up and another one down. The `simd128` build decides alike everywhere.
 *
 * @throws {RangeError} if `levels` or `bound` is out of range.
 * @example
 * ```ts
 * import { dense, flatten, quantize, sequential, sigmoid } from "@tacet/tacet";
 * const layers = [flatten(), dense({ outputs: 6 }), sigmoid(), quantize({ levels: 2 }), dense({ outputs: 10 })];
 * const network = sequential([1, 28, 28], layers); // 64 codes
 * ```
 */
export function quantize(options: QuantizeOptions): QuantizeLayer {
  const { levels, bound = 1 } = options;
  integer("quantize: levels", levels, 2, 65536);
  positive("quantize: bound", bound);
  return { kind: "quantize", ...named(options), levels, bound };
}

/** Its row in the table of layers. 0 is a level. */
export const quantizeKind: LayerKind<QuantizeLayer> = {
  prefix: "quantize",
  units: { keepsZero: true },
  ...ELEMENTWISE,
};
