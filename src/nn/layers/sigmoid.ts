/**
 * The logistic function.
 *
 * @module
 */
import { ELEMENTWISE, type ElementwiseKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** 1 / (1 + e^-x), element for element: from 0 to 1. */
export interface SigmoidLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "sigmoid";
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

/** Its row in the table of layers. It makes 0.5 of 0. */
export const sigmoidKind: ElementwiseKind = {
  prefix: "sigmoid",
  units: { keepsZero: false },
  slopeFrom: "output",
  ...ELEMENTWISE,
};
