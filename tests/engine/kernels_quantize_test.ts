import fc from "fast-check";
import { describe, test } from "node:test";
import { quantize } from "../../src/engine/cpu/reference/quantize.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, holds, whole } from "../support/kernel_values.ts";

const CASES = {
  style: BATCH.style,
  seed: BATCH.seed,
  vectors: whole(1, 40),
  levels: fc.oneof(whole(2, 9), whole(2, 65536)),
  bound: fc.constantFrom(1, 0.5, 3, Math.fround(0.1), Math.fround(255 / 4096)),
};
const numbers = (levels: number, bound: number) =>
  [bound, Math.fround((levels - 1) / bound), Math.fround(bound / (levels - 1))] as const;

describe("few levels on every engine", () => {
  test("forward is the same to the bit, one of the levels and the nearest", () =>
    holds(CASES, ({ style, seed, vectors, levels, bound }) => {
      const x = draw(new Random(seed), 4 * vectors, style), y = output(x.length, "equal"), step = bound / (levels - 1);
      for (const run of compareKernel("quantizeForward", [input(x), y, x.length, ...numbers(levels, bound)])) {
        run.after(y).forEach((value, i) => {
          const level = Math.round(value / step), cut = Math.min(Math.max(x[i]!, 0), bound);
          assert(
            level >= 0 && level < levels && Math.abs(value - level * step) <= 1e-6 * bound,
            `${value} is no level`,
          );
          assert(Math.abs(value - cut) <= step / 2 + 1e-6 * bound, `${x[i]} became ${value}`);
        });
      }
    }));

  test("the gradient passes where nothing was cut, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors, bound }) => {
      const random = new Random(seed),
        x = input(draw(random, 4 * vectors, style)),
        dy = draw(random, 4 * vectors, style);
      compareKernel("quantizeGradient", [x, input(dy), output(dy.length, "equal"), dy.length, bound]);
      const both = updated(dy);
      compareKernel("quantizeGradient", [x, both, both, dy.length, bound]);
    }));

  test("half-way goes up, the ends stay, and what is beyond is cut", () => {
    const x = Float32Array.of(0, 0.5, Math.fround(0.4999999), 1, -0, -2, 7, 0.6), y = output(8, "equal");
    for (const run of compareKernel("quantizeForward", [input(x), y, 8, ...numbers(2, 1)])) {
      assertEquals(run.after(y).map((value) => value + 0), [0, 1, 0, 1, 0, 0, 1, 1]);
    }
    const dx = output(8, "equal"), dy = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    for (const run of compareKernel("quantizeGradient", [input(x), input(dy), dx, 8, 1])) {
      assertEquals(run.after(dx), [1, 2, 3, 4, 5, 0, 0, 8]);
    }
  });
});

everyKernelRan(quantize);
