import { describe, test } from "node:test";
import { relu } from "../../src/engine/cpu/reference/relu.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, holds, whole } from "../support/kernel_values.ts";

const CASES = { style: BATCH.style, seed: BATCH.seed, vectors: whole(1, 40) };

describe("the rectifier on every engine", () => {
  test("forward is exact, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const x = draw(new Random(seed), 4 * vectors, style);
      compareKernel("reluForward", [input(x), output(x.length, "equal"), x.length]);
      const both = updated(x);
      compareKernel("reluForward", [both, both, x.length]);
    }));

  test("the gradient passes where the output is positive, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const random = new Random(seed);
      const y = input(draw(random, 4 * vectors, style));
      const dy = draw(random, 4 * vectors, style);
      compareKernel("reluGradient", [y, input(dy), output(dy.length, "equal"), dy.length]);
      const both = updated(dy);
      compareKernel("reluGradient", [y, both, both, dy.length]);
    }));

  test("zeros of either sign and the smallest numbers come out right", () => {
    const x = Float32Array.of(0, -0, 2 ** -149, -(2 ** -149));
    const y = output(4, "equal");
    for (const run of compareKernel("reluForward", [input(x), y, 4])) {
      assertEquals(run.after(y).map((value) => value + 0), [0, 0, 2 ** -149, 0]);
    }
    const dx = output(4, "equal");
    for (const run of compareKernel("reluGradient", [input(x), input(Float32Array.of(1, 2, 3, 4)), dx, 4])) {
      assertEquals(run.after(dx), [0, 0, 3, 0]);
    }
  });
});

everyKernelRan(relu);
