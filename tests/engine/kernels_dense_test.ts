import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { dense } from "../../src/engine/cpu/reference/dense.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, type Tolerance } from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, type Style, whole } from "../support/kernel_values.ts";

const CASES = { ...BATCH, inputs: whole(1, 40), outputs: whole(1, 21), word: whole(0, 3) };

interface Case {
  images: number;
  style: Style;
  seed: number;
  inputs: number;
  outputs: number;
  word: number;
}

/** Whole numbers add up exactly in any order; others differ by what rounding allows. */
function sumOf(terms: number, style: Style): Tolerance {
  return style === "whole" ? "equal" : { terms };
}

function forward({ images, style, seed, inputs, outputs, word }: Case, withBias: boolean): void {
  const random = new Random(seed);
  compareKernel("denseForward", [
    input(drawLanes(random, inputs, images, style, 1)),
    input(draw(random, outputs * inputs, style), 4 * word),
    withBias ? input(draw(random, outputs, style), 4 * word) : 0,
    output(outputs * lanesOf(images), sumOf(inputs + 1, style)),
    inputs,
    outputs,
    lanesOf(images),
  ]);
}

function inputGradient({ images, style, seed, inputs, outputs, word }: Case): void {
  const random = new Random(seed);
  compareKernel("denseInputGradient", [
    input(drawLanes(random, outputs, images, style, 0)),
    input(draw(random, outputs * inputs, style), 4 * word),
    output(inputs * lanesOf(images), sumOf(outputs, style)),
    inputs,
    outputs,
    lanesOf(images),
  ]);
}

function weightGradient({ images, style, seed, inputs, outputs, word }: Case): void {
  const random = new Random(seed);
  compareKernel("denseWeightGradient", [
    // What the padding lanes hold must not reach the gradient, however large it is.
    input(drawLanes(random, inputs, images, style, 1e30)),
    input(drawLanes(random, outputs, images, style, 0)),
    output(outputs * inputs, sumOf(lanesOf(images), style), 4 * word),
    inputs,
    outputs,
    lanesOf(images),
  ]);
}

describe("the dense layer on every engine", () => {
  test("forward agrees with its definition for any shape, with a bias", () =>
    holds(CASES, (one) => forward(one, true)));
  test("forward agrees with its definition for any shape, without a bias", () =>
    holds(CASES, (one) => forward(one, false)));
  test("the input gradient agrees with its definition for any shape", () => holds(CASES, inputGradient));
  test("the weight gradient agrees with its definition for any shape", () => holds(CASES, weightGradient));

  test("all three agree for LeNet-5's fc1", () => {
    for (const style of ["fine", "whole"] as const) {
      const one: Case = { images: 15, style, seed: 1, inputs: 400, outputs: 120, word: 0 };
      forward(one, true);
      inputGradient(one);
      weightGradient(one);
    }
  });

  test("two inputs and one output give the sum written out by hand", () => {
    const y = output(8, "equal");
    const x = Float32Array.from({ length: 16 }, (_, i) => i < 8 ? i : 10);
    const weight = input(Float32Array.of(2, 0.5));
    for (const run of compareKernel("denseForward", [input(x), weight, input(Float32Array.of(-1)), y, 2, 1, 8])) {
      assertEquals(run.after(y), [4, 6, 8, 10, 12, 14, 16, 18]);
    }
  });
});

everyKernelRan(dense);
