/**
 * The numbers of a rounding to levels, the same on every engine.
 *
 * @module
 */
import type { QuantizeLayer } from "../nn/mod.ts";

/** The bound, levels per unit and units per level, in float32. */
export function levelsOf({ levels, bound }: QuantizeLayer): { bound: number; scale: number; step: number } {
  return {
    bound: Math.fround(bound),
    scale: Math.fround((levels - 1) / bound),
    step: Math.fround(bound / (levels - 1)),
  };
}
