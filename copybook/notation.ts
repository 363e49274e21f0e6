/**
 * How the copybook notes down characters: strokes of the pen, and the forms that mix several ways to write the same.
 *
 * @module
 */
import { type Form, MOST_POINTS, MOST_WAYS } from "../src/data/strokes.ts";

/** One way to write a character; see `Form` for the units. */
export interface Strokes {
  /** Coordinates of the control points: x0, y0, x1, y1, ... */
  readonly points: Float64Array;
  /** For each point 1 where the pen is set down anew, else 0. */
  readonly starts: Uint8Array;
  /** For each point 1 where the pen turns sharply, else 0. */
  readonly corners: Uint8Array;
}

/**
 * Reads strokes from their notation: points "x,y" divided by spaces, "!" behind a point for a corner, " / " between
 * strokes. A seven with a cross bar is "4,6 64,4! 28,100 / 18,54 60,48".
 *
 * @throws {SyntaxError} when a point is not two whole numbers divided by a comma.
 */
export function strokes(notation: string): Strokes {
  const points: number[] = [], starts: number[] = [], corners: number[] = [];
  for (const stroke of notation.split("/")) {
    for (const [index, word] of stroke.trim().split(/\s+/).entries()) {
      const match = /^(-?\d+),(-?\d+)(!?)$/.exec(word);
      if (match === null) {
        throw new SyntaxError(`strokes: "${word}" in "${notation}" is not a point; write x,y or x,y! in whole numbers`);
      }
      points.push(Number(match[1]), Number(match[2]));
      starts.push(index === 0 ? 1 : 0);
      corners.push(match[3] === "!" ? 1 : 0);
    }
  }
  return { points: Float64Array.from(points), starts: Uint8Array.from(starts), corners: Uint8Array.from(corners) };
}

/**
 * A form from the notations of its ways; corners are those of the first. `slant` and `bend` are 1 if left out.
 *
 * @throws {SyntaxError} when a way does not have the strokes and points of the first, when there is none, or more than
 * the most allowed.
 */
export function form(share: number, notations: readonly string[], { slant = 1, bend = 1 } = {}): Form {
  const ways = notations.map(strokes), [first] = ways;
  if (!first || ways.length > MOST_WAYS || first.starts.length > MOST_POINTS) {
    throw new SyntaxError(`form: it needs 1 to ${MOST_WAYS} ways of at most ${MOST_POINTS} points each`);
  }
  for (const [index, way] of ways.entries()) {
    if (way.starts.join() !== first.starts.join()) {
      throw new SyntaxError(
        `form: "${notations[index]}" cannot mix with "${
          notations[0]
        }"; give both the same strokes and number of points`,
      );
    }
  }
  return { share, slant, bend, starts: first.starts, corners: first.corners, ways: ways.map(({ points }) => points) };
}
