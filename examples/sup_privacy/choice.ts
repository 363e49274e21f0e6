/**
 * Which training images are attacked.
 *
 * @module
 */
import { Random } from "../../mod.ts";

/** Its own stream of the seed: shuffles, noise and first weights draw from others. */
const STREAM = 0x6000_0000;

/**
 * `count` different indices below `total`, drawn by the seed, each set equally likely (Fisher and Yates's shuffle,
 * stopped early). More of them from the same seed begin with the same ones.
 */
export function chosenIndices(count: number, total: number, seed: number): number[] {
  const random = new Random(seed, STREAM);
  // The shuffled row 0, 1, ... as a map of those places that no longer hold their own number.
  const moved = new Map<number, number>();
  const chosen: number[] = [];
  for (let place = 0; place < count; place++) {
    const other = place + random.integer(total - place);
    chosen.push(moved.get(other) ?? other);
    moved.set(other, moved.get(place) ?? place);
  }
  return chosen;
}
