/**
 * How much of a layer has fallen silent.
 *
 * @module
 */
import { finite } from "../checks/numbers.ts";

/**
 * Share of the weights that are zero, |w| <= `threshold` (default 1e-7, the reference's).
 *
 * @throws {RangeError} if `weights` is empty or holds NaN or an infinity, or `threshold` is negative or not finite.
 *
 * @example
 * ```ts
 * import { zeroFraction } from "@tacet/tacet";
 * console.log(zeroFraction(Float32Array.of(0, 0.5, -1e-9, 2))); // 0.5
 * ```
 */
export function zeroFraction(weights: Float32Array, threshold = 1e-7): number {
  if (weights.length === 0) throw new RangeError("weights is empty; a share needs at least one weight");
  if (!(threshold >= 0 && threshold < Infinity)) {
    throw new RangeError(`threshold is ${threshold}; it must be a finite number of at least 0`);
  }
  finite("weights", weights);
  let zeros = 0;
  for (const weight of weights) {
    if (Math.abs(weight) <= threshold) zeros++;
  }
  return zeros / weights.length;
}

/**
 * Share of the weights that a mask suppresses: zeros in `mask`, where 1 stands for a weight that is kept.
 *
 * @throws {RangeError} if `mask` is empty.
 *
 * @example
 * ```ts
 * import { maskedFraction } from "@tacet/tacet";
 * console.log(maskedFraction(Uint8Array.of(1, 0, 0, 0))); // 0.75
 * ```
 */
export function maskedFraction(mask: Uint8Array): number {
  if (mask.length === 0) throw new RangeError("mask is empty; a share needs at least one weight");
  let zeros = 0;
  for (const kept of mask) {
    if (kept === 0) zeros++;
  }
  return zeros / mask.length;
}
