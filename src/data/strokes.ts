/**
 * Pen strokes of characters, and how the copybook holds them.
 *
 * @module
 */

/**
 * One form of a character: several ways to write it, alike in strokes and in the number of control points. Any mixture
 * of them is again a way to write it.
 */
export interface Form {
  /** How common the form is, in comparison with the other forms of its character. */
  readonly share: number;
  /** How freely it leans, 1 for most. */
  readonly slant: number;
  /** How freely its shape varies, 1 for most. */
  readonly bend: number;
  /** For each point 1 where the pen is set down anew, else 0. */
  readonly starts: Uint8Array;
  /** For each point 1 where the pen turns sharply, else 0. */
  readonly corners: Uint8Array;
  /**
   * For each way the coordinates of its control points: x0, y0, x1, y1, ... x grows to the right, y downwards; a
   * character is about 70 wide and 100 high.
   */
  readonly ways: readonly Float64Array[];
}

/** Most ways of one form. */
export const MOST_WAYS = 32;
/** Most control points of one way. */
export const MOST_POINTS = 64;

/**
 * A form in few characters. `marks`: a digit for each point, 1 where the pen is set down, 2 where it turns sharply, 3
 * for both. `coordinates`: a character each, which counts from {@link ZERO}; those of the first way from the middle of
 * the paper, those of the others from where the first one has them.
 */
export type PackedForm = readonly [share: number, slant: number, bend: number, marks: string, coordinates: string];

/**
 * The code of the character for 0: from it printable ASCII reaches far both ways, and what a string must escape stands
 * for odd numbers, which are rare.
 */
export const ZERO = 79;
/** The middle of the paper. */
export const MIDDLE = 40;

/** Reads a form of the copybook. */
export function unpacked([share, slant, bend, marks, coordinates]: PackedForm): Form {
  const length = 2 * marks.length, count = coordinates.length / length;
  const number = (at: number) => coordinates.charCodeAt(at) - ZERO;
  const ways = Array.from(
    { length: count },
    (_, way) => Float64Array.from({ length }, (_, i) => MIDDLE + number(i) + (way && number(way * length + i))),
  );
  const bits = (bit: number) => Uint8Array.from(marks, (mark) => Number(mark) & bit ? 1 : 0);
  return { share, slant, bend, starts: bits(1), corners: bits(2), ways };
}
