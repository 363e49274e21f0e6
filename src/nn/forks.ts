/**
 * Where a network forks: residuals hand an activation to a branch and to the sum behind it.
 *
 * @module
 */
import type { PlacedLayer } from "./network.ts";

/**
 * The sums that take the input of a layer besides the layer itself, by the layer's name: of each layer that begins a
 * branch. What its input is may not be changed for it alone.
 */
export function forksOf(layers: readonly PlacedLayer[]): ReadonlyMap<string, PlacedLayer> {
  return new Map(layers.flatMap((sum) => sum.layer.kind === "add" ? [[sum.layer.from, sum] as const] : []));
}
