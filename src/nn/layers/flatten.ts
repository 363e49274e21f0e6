/**
 * Flattening.
 *
 * @module
 */
import { sizeOf } from "../shape.ts";
import { type LayerKind, NO_PARAMETERS } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** Joins channels, rows and columns to one axis. */
export interface FlattenLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "flatten";
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

/** Its row in the table of layers. A unit becomes as many elements as its channel has. */
export const flattenKind: LayerKind<FlattenLayer> = {
  prefix: "flatten",
  units: { keepsZero: true },
  outputShape: (_name, _layer, input) => [sizeOf(input)],
  ...NO_PARAMETERS,
};
