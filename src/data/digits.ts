/**
 * Handwritten-looking digits without a data set: drawn from pen strokes, any number of them, from a seed.
 *
 * @module
 */

import { integer, MOST_SEED } from "../checks/numbers.ts";
import { Random } from "../random/threefry.ts";
import { copybook } from "./generated/copybook.ts";
import { Hand } from "./hand.ts";
import type { LabelledImages } from "./images.ts";
import { fitToBox, Paper, SIDE } from "./ink.ts";
import { Path, PIECES } from "./pen.ts";
import { type Form, MOST_POINTS, unpacked } from "./strokes.ts";

/** The forms of each digit, once the first ones are drawn. */
let digits: readonly (readonly Form[])[] | undefined;
/** Standard deviation of the ink's edge in pixels. */
const ROUGHNESS = 0.05;
const MOST_IMAGES = 1_000_000;

/** What `drawnDigits` may be told. */
export interface DrawnDigitsOptions {
  /** Chooses the digits: an integer from 0 to 2^32 - 1, 1 if left out. Another seed gives other writers. */
  readonly seed?: number;
}

/**
 * Draws `count` digits as people write them: white on black, 28x28, sized and centred like MNIST's, the ten classes
 * equally likely. A network trained on them alone reads real handwriting.
 *
 * Image i depends on the seed and on i alone, to the bit, in every JavaScript engine: a longer set begins with the
 * shorter one.
 *
 * @throws {RangeError} unless `count` is an integer from 0 to 1,000,000 and the seed one from 0 to 2^32 - 1.
 *
 * @example
 * ```ts
 * import { drawnDigits } from "@tacet/tacet";
 * const { images, labels } = drawnDigits(1000, { seed: 7 });
 * console.log(images.length, labels[0]); // 784000 and a digit
 * ```
 */
export function drawnDigits(count: number, options: DrawnDigitsOptions = {}): LabelledImages {
  const { seed = 1 } = options;
  integer("drawnDigits: count", count, 0, MOST_IMAGES);
  integer("drawnDigits: seed", seed, 0, MOST_SEED);
  const images = new Uint8Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  const hand = new Hand(), paper = new Paper(), path = new Path(MOST_POINTS * PIECES);
  digits ??= copybook.map((forms) => forms.map(unpacked));
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i);
    const label = random.integer(10);
    labels[i] = label;
    hand.write(pick(digits[label]!, random), random, path);
    fitToBox(path);
    const softness = random.uniform(0.9, 1.4);
    paper.draw(path, softness, ROUGHNESS, random, images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  }
  return { name: "drawn digits", images, count, channels: 1, height: SIDE, width: SIDE, labels, classes: 10 };
}

/** One of the forms, drawn by their shares. */
function pick(forms: readonly Form[], random: Random): Form {
  let total = 0;
  for (const form of forms) total += form.share;
  let at = random.uniform(0, total);
  for (const form of forms) {
    at -= form.share;
    if (at < 0) return form;
  }
  return forms[0]!;
}
