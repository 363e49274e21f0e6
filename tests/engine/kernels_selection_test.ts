import fc from "fast-check";
import { describe, test } from "node:test";
import { selection } from "../../src/engine/cpu/reference/selection.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, room, scratch } from "../support/kernel_harness.ts";
import { draw, drawMask, holds, whole } from "../support/kernel_values.ts";

/**
 * Weights as they come: spread evenly; over all orders of magnitude down to the smallest numbers; with many equal and
 * 0; all equal; all 0.
 */
const KINDS = ["even", "orders", "ties", "equal", "zero"] as const;

function weightsOf(random: Random, count: number, kind: (typeof KINDS)[number]): Float32Array {
  const fine = draw(random, count);
  if (kind === "even") return fine;
  // 2 ** -k by division: exact, as Math.pow need not be.
  if (kind === "orders") return fine.map((value) => value * 3e38 / 2 ** random.integer(277));
  if (kind === "ties") {
    return draw(random, count, "whole").map((value) => value === 0 && random.integer(2) ? -0 : value);
  }
  if (kind === "equal") return fine.map((value) => value < 0 ? -0.375 : 0.375);
  return fine.map((value) => value < 0 ? -0 : 0);
}

const CASES = {
  seed: fc.nat(),
  count: fc.oneof(whole(1, 9), whole(1, 300)),
  kind: fc.constantFrom(...KINDS),
  word: whole(0, 3),
};

/** Room for a hash table: a power of two of at least twice the count. */
function tableOf(count: number): number {
  let size = 2;
  while (size < 2 * count) size *= 2;
  return size;
}

function kthSmallest(weights: Float32Array, k: number, offset = 0): void {
  const sorted = weights.map(Math.abs).sort();
  const args = [input(weights, offset), weights.length, k, scratch(2048)] as const;
  for (const { result } of compareKernel("kthSmallestMagnitude", [...args])) assertEquals(result, sorted[k - 1]);
}

function distinct(weights: Float32Array, mask: Int32Array, offset = 0): number {
  const kept = weights.filter((_, i) => mask[i] !== 0).map(Math.abs);
  const wanted = [...new Set(kept)].sort((a, b) => a - b);
  const out = room(weights.length);
  const size = tableOf(weights.length);
  const args = [input(weights, offset), input(mask, offset), weights.length, out, scratch(size), size] as const;
  for (const { result, after } of compareKernel("distinctMagnitudes", [...args])) {
    const found = after(out).slice(0, Number(result)).sort((a, b) => a - b);
    assertEquals(found.map((value) => value + 0), wanted);
  }
  return wanted.length;
}

describe("selection on every engine", () => {
  test("the largest magnitude is exact", () =>
    holds(CASES, ({ seed, count, kind, word }) => {
      const weights = weightsOf(new Random(seed), count, kind);
      for (const { result } of compareKernel("maxMagnitude", [input(weights, 4 * word), count])) {
        assertEquals(result, Math.max(...weights.map(Math.abs)));
      }
    }, 80));

  test("the largest magnitude of nothing is 0", () => {
    for (const { result } of compareKernel("maxMagnitude", [input(Float32Array.of(5)), 0])) assertEquals(result, 0);
  });

  test("the k-th smallest magnitude is the k-th of the sorted magnitudes, for any k", () =>
    holds({ ...CASES, share: whole(0, 1000) }, ({ seed, count, kind, word, share }) => {
      const weights = weightsOf(new Random(seed), count, kind);
      kthSmallest(weights, 1 + Math.floor(share * (count - 1) / 1000), 4 * word);
    }, 120));

  test("the k-th smallest is right for every k of a small layer with ties and zeros", () => {
    const weights = Float32Array.of(0, -0, 0.5, -0.5, 0.5, 2 ** -149, -3e38, 1, -1, 0.25);
    for (let k = 1; k <= weights.length; k++) kthSmallest(weights, k);
  });

  test("the k-th smallest is right among 48,000 weights, as in fc1", () => {
    const weights = draw(new Random(7), 48_000).map((value) => value * 0.1);
    for (const k of [1, 2, 24_000, 45_600, 47_999, 48_000]) kthSmallest(weights, k);
  });

  test("the distinct magnitudes are those of the weights kept, each once", () =>
    holds(CASES, ({ seed, count, kind, word }) => {
      const random = new Random(seed);
      distinct(weightsOf(random, count, kind), drawMask(random, count), 4 * word);
    }, 80));

  test("the distinct magnitudes are found when the table is as full as it may be", () => {
    const weights = Float32Array.from({ length: 1024 }, (_, i) => (i + 1) / 1024);
    assertEquals(distinct(weights, new Int32Array(1024).fill(-1)), 1024);
  });

  test("a value and its negative are one magnitude, zeros of both signs are one, and none are none", () => {
    const weights = Float32Array.of(0.5, -0.5, 0, -0, 0.25, 0.25, 7);
    assertEquals(distinct(weights, Int32Array.of(-1, -1, -1, -1, -1, -1, 0)), 3);
    assertEquals(distinct(weights, new Int32Array(7)), 0);
  });
});

everyKernelRan(selection);
