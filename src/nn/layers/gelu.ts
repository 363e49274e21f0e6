/**
 * The Gaussian error linear unit.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
 *
 * @module
 */
import { ELEMENTWISE, type ElementwiseKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** x Phi(x), element for element, Phi being the standard normal distribution function. */
export interface GeluLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "gelu";
}

/**
 * x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, element for element: a smooth relative of {@link relu}. It is the exact form,
 * not the one by the hyperbolic tangent. Engines are within 1e-6 of it, times |x| where that is more than 1.
 *
 * @example
 * ```ts
 * import { gelu } from "@tacet/tacet";
 * const layer = gelu();
 * ```
 */
export function gelu(options: LayerOptions = {}): GeluLayer {
  return { kind: "gelu", ...named(options) };
}

/** Its row in the table of layers. Its slope is no function of its output: an output stands for up to two inputs. */
export const geluKind: ElementwiseKind = {
  prefix: "gelu",
  units: { keepsZero: true },
  slopeFrom: "input",
  ...ELEMENTWISE,
};
