import fc from "fast-check";
import { describe, test } from "node:test";
import { dropout } from "../../src/engine/cpu/reference/dropout.ts";
import { Random, threefry2x32 } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, updated } from "../support/kernel_harness.ts";
import { draw, holds, whole } from "../support/kernel_values.ts";

const WORD = whole(0, 2 ** 32 - 1);
const CASES = {
  seed: fc.nat(),
  elements: whole(1, 90),
  eights: whole(1, 5),
  key0: WORD,
  key1: WORD,
  first: whole(0, 70_000),
  threshold: fc.oneof(WORD, fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1)),
  scale: fc.constantFrom(1, 2, Math.fround(1 / 0.7)),
};

describe("dropout on every engine", () => {
  test("leaves out the same elements, to the bit, into another tensor and in place", () =>
    holds(CASES, ({ seed, elements, eights, key0, key1, first, threshold, scale }) => {
      const lanes = 8 * eights, x = draw(new Random(seed), elements * lanes);
      const rest = [elements, lanes, key0, key1, first, threshold, scale] as const;
      compareKernel("dropout", [input(x), output(x.length, "equal"), ...rest]);
      const both = updated(x);
      compareKernel("dropout", [both, both, ...rest]);
    }, 80));

  test("element and image each count in a word of Threefry's counter, whatever the number of lanes", () => {
    const [key0, key1, first, elements] = [0x9e3779b9, 0xdeadbeef, 5, 3], block = new Uint32Array(2);
    for (const lanes of [8, 24]) {
      const x = new Float32Array(elements * lanes).fill(3), y = output(x.length, "equal");
      const given = [input(x), y, elements, lanes, key0, key1, first, 2 ** 31, 2] as const;
      for (const run of compareKernel("dropout", [...given])) {
        run.after(y).forEach((value, i) => {
          threefry2x32(key0, key1, Math.floor(i / lanes), first + i % lanes, block);
          assertEquals(value, block[0]! >= 2 ** 31 ? 6 : 0);
        });
      }
    }
  });

  test("leaves out as many as the threshold says, and none at 0", () => {
    const x = new Float32Array(250 * 80).fill(1), y = output(x.length, "equal");
    for (const [threshold, rate] of [[0, 0], [2 ** 30, 0.25], [3 * 2 ** 30, 0.75]] as const) {
      for (const run of compareKernel("dropout", [input(x), y, 250, 80, 1, 2, 0, threshold, 1])) {
        const left = run.after(y).filter((value) => value === 0).length / x.length;
        // Five standard errors.
        assert(Math.abs(left - rate) <= 5 * Math.sqrt(rate * (1 - rate) / x.length), `${left} left out, not ${rate}`);
      }
    }
  });

  test("what is left out is 0, whatever it was", () => {
    const x = Float32Array.of(NaN, Infinity, -Infinity, 1, 2, 3, 4, 5), y = output(8, "equal");
    for (const run of compareKernel("dropout", [input(x), y, 1, 8, 1, 2, 0, 2 ** 32 - 1, 1])) {
      assertEquals(run.after(y), Array(8).fill(0));
    }
  });
});

everyKernelRan(dropout);
