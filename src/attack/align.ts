/**
 * Which reconstruction is of which image, where the attack cannot know their order.
 *
 * @module
 */

import { finite, finiteRows } from "../checks/numbers.ts";

/**
 * Puts the reconstructions of a batch into the order of the originals: the nearest pair first, by the sum of squared
 * differences, then the nearest of those left. The gradients of a batch do not tell its order; a figure over
 * reconstructions in the wrong order would say that less leaked than did. Choosing the best flatters the attack a
 * little: by as much as the best of a few guesses.
 *
 * @param size pixels of an image, over all channels
 * @param originals `[images][size]`
 * @param reconstructions as many
 * @param labels of the originals and of the reconstructions alike: only those of the same label are exchanged; default:
 * all may be
 * @returns the reconstructions in the originals' order
 * @throws {RangeError} if they are not as many, no whole images or the labels not as many, or a pixel or label is not
 * finite.
 * @example
 * ```ts
 * import { alignImages } from "@tacet/tacet";
 * console.log(alignImages(1, Float32Array.of(0, 1), Float32Array.of(0.75, 0.25))); // Float32Array [0.25, 0.75]
 * ```
 */
export function alignImages(
  size: number,
  originals: Float32Array,
  reconstructions: Float32Array,
  labels?: ArrayLike<number>,
): Float32Array {
  const images = originals.length / size;
  if (!Number.isInteger(images) || reconstructions.length !== originals.length) {
    throw new RangeError(
      `originals has ${originals.length} values and reconstructions ${reconstructions.length}; they must be as many whole images of ${size}`,
    );
  }
  if (labels && labels.length !== images) {
    throw new RangeError(`labels has ${labels.length} values; there are ${images} images`);
  }
  finiteRows("originals", originals, size);
  finiteRows("reconstructions", reconstructions, size);
  finite("labels", labels ?? []);
  const distance = (original: number, found: number) => {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const difference = originals[original * size + i]! - reconstructions[found * size + i]!;
      sum += difference * difference;
    }
    return sum;
  };
  const all = Array.from({ length: images }, (_, image) => image);
  const pairs = all.flatMap((original) =>
    all.filter((found) => !labels || labels[original] === labels[found])
      .map((found) => ({ original, found, apart: distance(original, found) }))
  ).sort((a, b) => a.apart - b.apart);
  const aligned = new Float32Array(originals.length), placed = new Set<number>(), used = new Set<number>();
  for (const { original, found } of pairs) {
    if (placed.has(original) || used.has(found)) continue;
    placed.add(original);
    used.add(found);
    aligned.set(reconstructions.subarray(found * size, (found + 1) * size), original * size);
  }
  return aligned;
}
