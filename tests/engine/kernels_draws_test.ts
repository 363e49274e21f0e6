import fc from "fast-check";
import { describe, test } from "node:test";
import { draws } from "../../src/engine/cpu/reference/draws.ts";
import { Random, threefry2x32 } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, output, ROUNDOFF } from "../support/kernel_harness.ts";
import { holds, whole } from "../support/kernel_values.ts";

const KEY = { seed: whole(0, 2 ** 32 - 1), stream: whole(0, 2 ** 32 - 1), count: whole(1, 60), word: whole(0, 3) };

/** Test vectors of Threefry-2x32-20: key, counter, block. Source: Random123, kat_vectors. */
const VECTORS = [
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
] as const;

describe("random tensors on every engine", () => {
  test("Threefry gives its authors' test vectors", () => {
    const block = new Uint32Array(2);
    for (const [key0, key1, counter0, counter1, ...words] of VECTORS) {
      threefry2x32(key0, key1, counter0, counter1, block);
      assertEquals([...block], words);
    }
  });

  test("the first draw of seed 0 and stream 0 is the first test vector, all 32 bits of it", () => {
    const word = VECTORS[0][4];
    const out = output(1, "equal");
    for (const { after } of compareKernel("fillUniform", [out, 1, 0, 0, 0, 1])) {
      assertEquals(after(out), [Math.fround(word / 2 ** 32)]);
    }
    // Less its upper 20 bits, the draw's lower 12 fit into a float32.
    const upper = Math.floor(word / 2 ** 12) / 2 ** 20;
    for (const { after } of compareKernel("fillUniform", [out, 1, 0, 0, -upper, 1 - upper])) {
      assertEquals(after(out)[0]! * 2 ** 32, word % 2 ** 12);
    }
  });

  test("uniform draws are equal on every engine, for any seed, stream and bounds", () =>
    holds({ ...KEY, low: fc.float({ min: -10, max: 1, noNaN: true }), width: whole(0, 9) }, (one) => {
      const { seed, stream, count, word, width } = one;
      const low = one.low + 0;
      const high = Math.fround(low + width);
      const out = output(count, "equal", 4 * word);
      for (const { after } of compareKernel("fillUniform", [out, count, seed, stream, low, high])) {
        assert(after(out).every((value) => value >= low && value <= high), "a draw lies outside");
      }
    }, 80));

  test("uniform draws are those of Random", () => {
    const [seed, stream, count] = [0x9e3779b9, 0xdeadbeef, 5000];
    const random = new Random(seed, stream);
    const wanted = Array.from({ length: count }, () => Math.fround(random.uniform(0, 1)));
    const out = output(count, "equal");
    for (const { after } of compareKernel("fillUniform", [out, count, seed, stream, 0, 1])) {
      assertEquals(after(out), wanted);
    }
  });

  test("normal draws agree to rounding, within their limit", () =>
    holds({ ...KEY, deviation: fc.constantFrom(1, Math.fround(0.05)), limit: fc.constantFrom(0, 2, 0.5) }, (one) => {
      const { seed, stream, count, word, deviation, limit } = one;
      // The largest draw there can be: sqrt(-2 log 2^-32) deviations.
      const out = output(count, 4 * ROUNDOFF * 6.7 * deviation, 4 * word);
      const runs = compareKernel("fillNormal", [out, count, seed, stream, deviation, limit]);
      for (const { after } of runs) {
        const beyond = (value: number) => limit > 0 && Math.abs(value) > limit * deviation * (1 + 4 * ROUNDOFF);
        assert(!after(out).some(beyond), "a draw lies beyond the limit");
      }
    }, 80));

  test("normal draws agree far out, where the first word is next to 0", () => {
    for (const [stream, word] of [[14620119, 211], [37022968, 46], [147171763, 11]] as const) {
      const block = new Uint32Array(2);
      threefry2x32(0, stream, 0, 0, block);
      assertEquals(block[0], word);
      compareKernel("fillNormal", [output(1, 4 * ROUNDOFF * 6.7), 1, 0, stream, 1, 0]);
    }
  });

  test("20,000 normal draws have the mean, the deviation and the tails of the normal distribution", () => {
    const count = 20_000;
    const out = output(count, 4 * ROUNDOFF * 6.7);
    for (const { after } of compareKernel("fillNormal", [out, count, 3, 4, 1, 0])) {
      const values = after(out);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / count;
      const tail = values.filter((value) => Math.abs(value) > 2).length / count;
      // Five standard errors each.
      assert(Math.abs(mean) < 5 / Math.sqrt(count), `mean ${mean}`);
      assert(Math.abs(variance - 1) < 5 * Math.sqrt(2 / count), `variance ${variance}`);
      assert(Math.abs(tail - 0.0455) < 5 * Math.sqrt(0.0455 / count), `share beyond two deviations ${tail}`);
    }
  });

  test("a draw within the limit is the one without a limit, and only the others are drawn again", () => {
    const [free, limited] = [output(500, 1e-5), output(500, 1e-5)];
    const without = compareKernel("fillNormal", [free, 500, 5, 6, 1, 0]);
    const within = compareKernel("fillNormal", [limited, 500, 5, 6, 1, 1.5]);
    without.forEach((run, i) => {
      const values = within[i]!.after(limited);
      run.after(free).forEach((value, j) => assertEquals(values[j] === value, Math.abs(value) <= 1.5, `draw ${j}`));
    });
  });
});

everyKernelRan(draws);
