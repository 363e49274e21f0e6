/**
 * How far one image lies from another, relative to the first one's length.
 *
 * @module
 */

import { finite } from "../checks/numbers.ts";

/** The reference's constant, which keeps the quotient finite for a black original. */
const EPSILON = 1e-14;
/**
 * Up to this length an original is black: the constant would be more than a millionth of it. Pixels of bytes are far
 * longer.
 */
const BLACK = 1e-8;

/**
 * Relative Euclidean distance of two images (or any two vectors of one length): ||original - compared|| / (||original||
 * + 1e-14), summed in float64. 0 for equal images; 1 for comparing with a black one.
 *
 * To a black original (one no longer than 1e-8) no distance is relative: it is NaN, which no mean takes. Leave such
 * images out, count them and say how many, as `evaluateInversion` does.
 *
 * @throws {RangeError} if the two differ in length, are empty, or hold NaN, an infinity or values whose squares
 * overflow.
 *
 * @example
 * ```ts
 * import { relativeL2 } from "@tacet/tacet";
 * console.log(relativeL2([3, 4], [3, 0])); // 0.8, but for 1e-14
 * ```
 */
export function relativeL2(original: ArrayLike<number>, compared: ArrayLike<number>): number {
  const length = original.length;
  if (compared.length !== length) {
    throw new RangeError(
      `original has ${length} values, compared has ${compared.length}; they must have the same number`,
    );
  }
  if (length === 0) throw new RangeError("original and compared are empty; there must be at least one value");
  let distance = 0;
  let norm = 0;
  for (let i = 0; i < length; i++) {
    const a = original[i]!;
    const difference = a - compared[i]!;
    distance += difference * difference;
    norm += a * a;
  }
  if (!Number.isFinite(distance) || !Number.isFinite(norm)) {
    finite("original", original);
    finite("compared", compared);
    throw new RangeError(
      "original or compared holds values too large to square; pixels must be finite, so squared too",
    );
  }
  if (Math.sqrt(norm) <= BLACK) return NaN;
  return Math.sqrt(distance) / (Math.sqrt(norm) + EPSILON);
}
