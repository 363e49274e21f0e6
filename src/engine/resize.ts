/**
 * Between which pixels the pixels of a resized image lie.
 *
 * The resize is OpenCV's `resize(..., INTER_LINEAR)` of uint8 (modules/imgproc/src/resize.cpp), grey level for grey
 * level. It works in integers with coefficients of 11 bits. Along one axis from S to D pixels, with scale = 1 / (D / S)
 * in float64:
 *
 *     f = float32((d + 0.5) * scale - 0.5),  s = floor(f),  f = float32(f - s)
 *     columns only: s < 0 becomes s = 0, f = 0 and s >= S - 1 becomes s = S - 1, f = 0
 *     first, second = clamp(s, 0, S - 1), clamp(s + 1, 0, S - 1)
 *     c1, c2 = rint(float32(1 - f) * 2048), rint(f * 2048)        rint: to the nearest, halves to even
 *
 * and, with a1, a2 of the column and b1, b2 of the row,
 *
 *     above = p[first row][first column] * a1 + p[first row][second column] * a2, below likewise in the second row
 *     grey = (((b1 * (above >> 4)) >> 16) + ((b2 * (below >> 4)) >> 16) + 2) >> 2
 *
 * Rows keep both coefficients at the edges, where the two rows are one and the same: the two truncations then differ
 * from a single one.
 *
 * @module
 */

/** The two source pixels of a destination pixel along one axis, and their coefficients times 2048. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly c1: number;
  readonly c2: number;
}

const COEFFICIENT_ONE = 2048;

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The taps of each destination pixel along one axis. */
export function taps(source: number, size: number, axis: "rows" | "columns"): Tap[] {
  const scale = 1 / (size / source);
  return Array.from({ length: size }, (_, d) => {
    let f = Math.fround((d + 0.5) * scale - 0.5);
    let s = Math.floor(f);
    f = Math.fround(f - s);
    if (axis === "columns" && (s < 0 || s >= source - 1)) {
      s = s < 0 ? 0 : source - 1;
      f = 0;
    }
    return {
      first: Math.min(Math.max(s, 0), source - 1),
      second: Math.min(Math.max(s + 1, 0), source - 1),
      c1: roundHalfToEven(Math.fround(1 - f) * COEFFICIENT_ONE),
      c2: roundHalfToEven(f * COEFFICIENT_ONE),
    };
  });
}
