/**
 * The rectified linear unit.
 *
 * @module
 */
import { ELEMENTWISE, type ElementwiseKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** max(x, 0), element for element. */
export interface ReluLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "relu";
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

/** Its row in the table of layers. */
export const reluKind: ElementwiseKind = {
  prefix: "relu",
  units: { keepsZero: true },
  slopeFrom: "output",
  ...ELEMENTWISE,
};
