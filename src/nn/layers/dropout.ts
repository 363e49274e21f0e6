/**
 * Dropout.
 *
 * Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent Neural
 * Networks from Overfitting", 2014.
 *
 * @module
 */
import { integer, MOST_SEED } from "../../checks/numbers.ts";
import { ELEMENTWISE, type LayerKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** Elements left out by chance, in training only. */
export interface DropoutLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "dropout";
  /** Probability that an element is left out. */
  readonly rate: number;
  /** From which, with the layer's name, the elements are drawn. */
  readonly seed: number;
}

/** Options of {@link dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** Probability that an element is left out: from 0 to less than 1. */
  readonly rate: number;
  /** From which the elements are drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
}

/**
 * In training each element of each image becomes 0 with probability `rate`, and is multiplied by 1 / (1 - rate) if it
 * does not; else nothing changes. Which ones is drawn from the seed, the layer's name and the number of the step, for
 * each element and image by itself: the same on every engine. {@link exportModel} leaves the layer out.
 *
 * @throws {RangeError} if the rate or the seed is out of range.
 * @example
 * ```ts
 * import { dense, dropout, flatten, gelu, sequential } from "@tacet/tacet";
 * const layers = [flatten(), dense({ outputs: 64 }), gelu(), dropout({ rate: 0.5 }), dense({ outputs: 10 })];
 * const network = sequential([1, 28, 28], layers);
 * ```
 */
export function dropout(options: DropoutOptions): DropoutLayer {
  const { rate, seed = 1 } = options;
  if (!(typeof rate === "number" && rate >= 0 && rate < 1)) {
    throw new RangeError(`dropout: rate is ${rate}; it must be a number from 0 to less than 1`);
  }
  return { kind: "dropout", ...named(options), rate, seed: integer("dropout: seed", seed, 0, MOST_SEED) };
}

/** Its row in the table of layers. */
export const dropoutKind: LayerKind<DropoutLayer> = {
  prefix: "drop",
  units: { keepsZero: true },
  inTrainingOnly: true,
  ...ELEMENTWISE,
};
