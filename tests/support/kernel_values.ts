/** Random tensors for the tests of the kernels. */
import fc from "fast-check";
import { lanesOf } from "../../src/engine/lanes.ts";
import type { Random } from "../../src/random/threefry.ts";

/**
 * How the elements of a tensor are drawn: from (-1, 1), or small integers, whose sums are exact and which are often
 * equal or 0.
 */
export type Style = "fine" | "whole";

/** `count` random elements, in either style. */
export function draw(random: Random, count: number, style: Style = "fine"): Float32Array {
  return Float32Array.from({ length: count }, () => style === "fine" ? random.uniform(-1, 1) : random.integer(7) - 3);
}

/** `rows` times the lanes of `images`: random in the lanes of images, `filler` in those that only pad. */
export function drawLanes(random: Random, rows: number, images: number, style: Style, filler: number): Float32Array {
  const lanes = lanesOf(images);
  return draw(random, rows * lanes, style).map((value, i) => i % lanes < images ? value : filler);
}

/** Sums over the rows of each lane. */
export function laneSums(values: Float32Array, lanes: number): Float64Array {
  const sums = new Float64Array(lanes);
  values.forEach((value, i) => sums[i % lanes]! += value);
  return sums;
}

/** `count` masks: -1 for kept, 0 for suppressed. */
export function drawMask(random: Random, count: number): Int32Array {
  return Int32Array.from({ length: count }, () => random.integer(3) === 0 ? 0 : -1);
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): fc.Arbitrary<number> {
  return fc.integer({ min: least, max: most });
}

/** What most properties draw: how many images, the style of the elements and the source of their randomness. */
export const BATCH = { images: whole(1, 19), style: fc.constantFrom<Style>("fine", "whole"), seed: fc.nat() };

/** Checks that `body` holds for `runs` random cases. */
export function holds<T>(cases: { [K in keyof T]: fc.Arbitrary<T[K]> }, body: (one: T) => void, runs = 40): void {
  fc.assert(fc.property(fc.record(cases) as fc.Arbitrary<T>, (one) => body(one)), { numRuns: runs });
}
