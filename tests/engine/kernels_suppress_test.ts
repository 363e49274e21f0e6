import fc from "fast-check";
import { describe, test } from "node:test";
import { suppress } from "../../src/engine/cpu/reference/suppress.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, updated } from "../support/kernel_harness.ts";
import { above, CLIP, EDGES, exact, LOWER, ORDINARY, UPPER, weightsOf } from "../support/kernel_suppress.ts";
import { drawMask, holds, whole } from "../support/kernel_values.ts";

const CASES = {
  seed: fc.nat(),
  stream: fc.nat(),
  count: fc.oneof(whole(1, 9), whole(1, 200)),
  word: whole(0, 3),
  size: fc.constantFrom(0.01, 0.1, 2),
  rate: fc.constantFrom(1, Math.fround(0.05), 0.5),
};

describe("the suppress operation on every engine", () => {
  test("the exact path agrees with its definition: masks, count and pulls equal, noise to rounding", () =>
    holds({
      ...CASES,
      minNum: fc.oneof(fc.constant(-1), whole(0, 250)),
      stopShare: whole(0, 12),
      edge: fc.boolean(),
      lowerClip: whole(0, 1),
      addNoise: whole(0, 1),
      upperBound: fc.constantFrom(UPPER, Math.fround(0.1), 0.5),
    }, ({ seed, stream, count, word, size, stopShare, edge, ...rest }) => {
      const random = new Random(seed, stream);
      const weights = weightsOf(random, count, size);
      const threshold = Math.abs(edge ? EDGES[random.integer(EDGES.length)]! : weights[random.integer(count)]!);
      const stop = Math.floor(count * stopShare / 10);
      const mask = drawMask(random, count);
      const { runs, masks } = exact(
        weights,
        mask,
        { ...rest, stop, threshold: Math.fround(threshold) },
        [seed, stream],
        4 * word,
      );
      for (const { after, result } of runs) {
        assertEquals(after(masks).filter((value) => value === 0).length, result);
        assert(after(masks).every((value, i) => value === 0 || value === -1 && mask[i] !== 0), "masked stays masked");
      }
    }, 200));

  test("the approximate path agrees with its definition: masks, count and pulls equal", () =>
    holds(CASES, ({ seed, stream, count, word, size, rate }) => {
      const random = new Random(seed, stream);
      const weights = weightsOf(random, count, size);
      const threshold = Math.abs(weights[random.integer(count)]!);
      const masks = updated(drawMask(random, count), "equal", 4 * word);
      const pulls = output(count, "equal", 4 * word);
      const weight = input(weights, 4 * word);
      for (
        const { after, result } of compareKernel("suppressApproximate", [weight, masks, pulls, count, threshold, rate])
      ) {
        assertEquals(after(masks), Array.from(weights, (w) => Math.abs(w) > threshold ? -1 : 0));
        assertEquals(after(masks).filter((value) => value === 0).length, result);
        assert(
          after(pulls).every((value, i) => after(masks)[i] === 0 || value === 0),
          "only masked weights are pulled",
        );
      }
    }, 80));

  test("the suppressed are counted", () =>
    holds(CASES, ({ seed, stream, count, word }) => {
      const mask = drawMask(new Random(seed, stream), count), suppressed = mask.filter((kept) => kept === 0).length;
      for (const { result } of compareKernel("countSuppressed", [input(mask, 4 * word), count])) {
        assertEquals(result, suppressed);
      }
    }));

  test("of weights tied at the threshold the first are suppressed until stop is reached, the rest pulled inwards", () => {
    const weights = Float32Array.of(0.25, -0.25, 0.25, -0.25, 0.5);
    const { runs, masks, pulls } = exact(weights, new Int32Array(5).fill(-1), {
      ...ORDINARY,
      stop: 2,
      threshold: 0.25,
    });
    for (const { after, result } of runs) {
      assertEquals(result, 2);
      assertEquals(after(masks), [0, 0, -1, -1, -1]);
      [0.25, -0.25, LOWER, -LOWER, 0].forEach((pull, i) => {
        // What is pulled is the weight less the bound; the weight moves by that much times the rate: to the bound's
        // magnitude.
        const wanted = i === 2 || i === 3 ? weights[i]! - pull : pull;
        assertAlmostEquals(after(pulls)[i]!, wanted, 1e-7, `deWeight ${i}`);
      });
    }
  });

  test("weights masked before count towards stop where they stand in the layer", () => {
    const weights = Float32Array.of(0.1, 0.1, 0, 0.1, 0.1);
    const mask = Int32Array.of(-1, -1, 0, -1, -1);
    const { runs, masks } = exact(weights, mask, { ...ORDINARY, stop: 3, threshold: Math.fround(0.1) });
    for (const { after, result } of runs) {
      assertEquals(result, 3);
      assertEquals(after(masks), [0, 0, 0, -1, -1]);
    }
    const reached = exact(weights, mask, { ...ORDINARY, stop: 2, threshold: Math.fround(0.1) });
    for (const { after, result } of reached.runs) {
      // The walk does not look ahead: the one masked before comes on top.
      assertEquals(result, 3);
      assertEquals(after(reached.masks), [0, 0, 0, -1, -1]);
    }
  });

  test("minNum weights stay at least; -1 is no limit, and more than there are keeps all", () => {
    const weights = new Float32Array(6).fill(0.125);
    for (const [minNum, suppressed] of [[-1, 6], [0, 6], [4, 2], [6, 0], [1000, 0]] as const) {
      const { runs } = exact(weights, new Int32Array(6).fill(-1), { ...ORDINARY, minNum, threshold: 0.125 });
      for (const { result } of runs) assertEquals(result, suppressed, `minNum ${minNum}`);
    }
  });

  test("the sign of 0 counts as negative where a weight is pulled, and a threshold below the bound takes its place", () => {
    const weights = Float32Array.of(0, -0);
    const mask = new Int32Array(2).fill(-1);
    for (const [threshold, pull] of [[0.001, 0.001], [0.25, 0.005]] as const) {
      const { runs, pulls } = exact(weights, mask, {
        ...ORDINARY,
        stop: 0,
        threshold: Math.fround(threshold),
        rate: 0.5,
      });
      for (const { after } of runs) {
        for (const value of after(pulls)) assertAlmostEquals(value, pull / 0.5, 1e-8);
      }
    }
  });

  test("the lower clip takes weights up to 0.005 itself, and needs a threshold above 0.0025", () => {
    const weights = Float32Array.of(0.004, -0.004, LOWER, -LOWER, above(LOWER));
    const pullsAt = (threshold: number, lowerClip: number): number[][] => {
      const { runs, pulls } = exact(weights, new Int32Array(5).fill(-1), { ...ORDINARY, threshold, lowerClip });
      return runs.map(({ after }) => after(pulls));
    };
    for (const pulls of pullsAt(above(CLIP), 1)) {
      [0.004 - 0.005, -0.004 + 0.005, 0, 0, 0].forEach((pull, i) => assertAlmostEquals(pulls[i]!, pull, 1e-9));
    }
    for (const pulls of [...pullsAt(CLIP, 1), ...pullsAt(above(CLIP), 0)]) assertEquals(pulls, [0, 0, 0, 0, 0]);
  });

  test("a weight beyond the upper bound is pulled to it, noise or not; on the bound it is not", () => {
    const weights = Float32Array.of(1.5, -1.5, UPPER, -UPPER);
    const { runs, pulls } = exact(weights, new Int32Array(4).fill(-1), { ...ORDINARY, threshold: 0.1, rate: 0.5 });
    for (const { after } of runs) {
      [0.6, -0.6, 0, 0].forEach((pull, i) => assertAlmostEquals(after(pulls)[i]!, pull, 1e-6));
    }
  });

  test("noise falls only on weights beyond 0.5, is that of the weight's own draw, and lies within 0.1", () => {
    const weights = Float32Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : -1) * (i < 20 ? 0.5 : above(0.5)));
    const options = { ...ORDINARY, threshold: 0.1, addNoise: 1 };
    const [seed, stream] = [0xfedcba98, 0x89abcdef];
    const { runs, pulls } = exact(weights, new Int32Array(40).fill(-1), options, [seed, stream]);
    const random = new Random(seed, stream);
    const wanted = Array.from(weights, (_, i) => (i < 20 ? 0 * random.uniform() : random.uniform(-0.1, 0.1)));
    for (const { after } of runs) {
      const noise = after(pulls);
      noise.forEach((value, i) => assertAlmostEquals(value, wanted[i]!, 1e-8, `weight ${i}`));
      assert(noise.every((value) => Math.abs(value) <= 0.1 + 1e-8));
      assert(new Set(noise).size > 15, "the noise does not vary");
    }
  });
});

everyKernelRan(suppress);
