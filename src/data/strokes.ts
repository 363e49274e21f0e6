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
 * for both. `coordinates`: how far each lies from the middle of the paper, in the first way, or from the even number
 * where the first way has it, in the others; less half of how far that of the point before lies. A character for every
 * two units, counted from {@link ZERO}, and {@link ODD} behind it for one unit more.
 */
export type PackedForm = readonly [share: number, slant: number, bend: number, marks: string, coordinates: string];

/** The code of the character for 0, "i": most others are then small letters, as in the code around them. */
export const ZERO = 105;
/** Odd numbers are rare. */
export const ODD = "!";
/** The middle of the paper. */
export const MIDDLE = 50;

/** Reads a form of the copybook. */
export function unpacked([share, slant, bend, marks, coordinates]: PackedForm): Form {
  const numbers = coordinates.match(/.!?/g)!.map((text) => 2 * (text.charCodeAt(0) - ZERO) + text.length - 1);
  const length = 2 * marks.length;
  numbers.forEach((_, i) => {
    if (i % length > 1) numbers[i]! += 2 * Math.round(numbers[i - 2]! / 4);
  });
  const count = numbers.length / length;
  const ways = Array.from(
    { length: count },
    (_, way) =>
      Float64Array.from({ length }, (_, i) => MIDDLE + (way && numbers[i]! & -2) + numbers[way * length + i]!),
  );
  const bits = (bit: number) => Uint8Array.from(marks, (mark) => Number(mark) & bit ? 1 : 0);
  return { share, slant, bend, starts: bits(1), corners: bits(2), ways };
}
