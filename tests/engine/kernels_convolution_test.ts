import { describe, test } from "node:test";
import { CONV_SHAPE } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { Random } from "../../src/random/threefry.ts";
import { convolution } from "../../src/engine/cpu/reference/convolution.ts";
import { assertEquals } from "#std/assert";
import {
  compareKernel,
  everyKernelRan,
  input,
  output,
  scratch,
  type Tensor,
  type Tolerance,
} from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, type Style, whole } from "../support/kernel_values.ts";

type Shape = Record<(typeof CONV_SHAPE)[number], number>;

interface Case {
  shape: Shape;
  images: number;
  style: Style;
  seed: number;
  /** Bytes by which the weights miss a multiple of 16. */
  offset: number;
}

function shapeOf(shape: Shape): Tensor {
  return input(Int32Array.from(CONV_SHAPE, (name) => shape[name]));
}

function sizesOf(s: Shape): { positions: number; window: number; weights: number; x: number; y: number } {
  const rows = Math.floor((s.height - s.kernelHeight) / s.strideHeight) + 1;
  const columns = Math.floor((s.width - s.kernelWidth) / s.strideWidth) + 1;
  const window = s.channels * s.kernelHeight * s.kernelWidth;
  return {
    positions: rows * columns,
    window,
    weights: s.outputs * window,
    x: s.channels * s.height * s.width,
    y: s.outputs * rows * columns,
  };
}

/** Whole numbers add up exactly in any order; others differ by what rounding allows. */
function sumOf(terms: number, style: Style): Tolerance {
  return style === "whole" ? "equal" : { terms };
}

function forward({ shape, images, style, seed, offset }: Case, withBias: boolean): void {
  const random = new Random(seed);
  const size = sizesOf(shape);
  compareKernel("conv2dForward", [
    input(drawLanes(random, size.x, images, style, 1)),
    input(draw(random, size.weights, style), offset),
    withBias ? input(draw(random, shape.outputs, style), offset) : 0,
    output(size.y * shape.lanes, sumOf(size.window + 1, style)),
    scratch(7 * size.window),
    shapeOf(shape),
  ]);
}

function inputGradient({ shape, images, style, seed, offset }: Case): void {
  const random = new Random(seed);
  const size = sizesOf(shape);
  compareKernel("conv2dInputGradient", [
    input(drawLanes(random, size.y, images, style, 0)),
    input(draw(random, size.weights, style), offset),
    output(size.x * shape.lanes, sumOf(shape.outputs * shape.kernelHeight * shape.kernelWidth, style)),
    scratch(size.weights + 16),
    shapeOf(shape),
  ]);
}

function weightGradient({ shape, images, style, seed, offset }: Case): void {
  const random = new Random(seed);
  const size = sizesOf(shape);
  compareKernel("conv2dWeightGradient", [
    // What the padding lanes hold must not reach the gradient, however large it is.
    input(drawLanes(random, size.x, images, style, 1e30)),
    input(drawLanes(random, size.y, images, style, 0)),
    output(size.weights, sumOf(size.positions * shape.lanes, style), offset),
    shapeOf(shape),
  ]);
}

const CASES = {
  ...BATCH,
  channels: whole(1, 9),
  outputs: whole(1, 9),
  kernelHeight: whole(1, 5),
  kernelWidth: whole(1, 5),
  moreRows: whole(0, 6),
  moreColumns: whole(0, 8),
  strideHeight: whole(1, 3),
  strideWidth: whole(1, 3),
  word: whole(0, 3),
};

function eachShape(body: (one: Case) => void): void {
  holds(CASES, ({ moreRows, moreColumns, images, style, seed, word, ...rest }) => {
    const height = rest.kernelHeight + moreRows;
    const width = rest.kernelWidth + moreColumns;
    body({ shape: { ...rest, height, width, lanes: lanesOf(images) }, images, style, seed, offset: 4 * word });
  });
}

const SQUARE = { kernelHeight: 5, kernelWidth: 5, strideHeight: 1, strideWidth: 1, lanes: 16 };
const LENET5: [name: string, shape: Shape][] = [
  ["first", { ...SQUARE, channels: 1, height: 32, width: 32, outputs: 6 }],
  ["second", { ...SQUARE, channels: 6, height: 14, width: 14, outputs: 16 }],
];

describe("convolution on every engine", () => {
  test("forward agrees with its definition for any shape, with a bias", () => eachShape((one) => forward(one, true)));
  test("forward agrees with its definition for any shape, without a bias", () =>
    eachShape((one) => forward(one, false)));
  test("the input gradient agrees with its definition for any shape", () => eachShape(inputGradient));
  test("the weight gradient agrees with its definition for any shape", () => eachShape(weightGradient));

  for (const [name, shape] of LENET5) {
    test(`all three agree for LeNet-5's ${name} convolution`, () => {
      for (const style of ["fine", "whole"] as const) {
        const one: Case = { shape, images: 15, style, seed: 1, offset: 0 };
        forward(one, false);
        inputGradient(one);
        weightGradient(one);
      }
    });
  }

  test("the bias gradient is the sum over positions and lanes", () =>
    holds({ ...BATCH, channels: whole(1, 9), positions: whole(1, 40), word: whole(0, 3) }, (one) => {
      const { images, style, seed, channels, positions, word } = one;
      const lanes = lanesOf(images);
      compareKernel("biasGradient", [
        input(drawLanes(new Random(seed), channels * positions, images, style, 0)),
        output(channels, sumOf(positions * lanes, style), 4 * word),
        channels,
        positions,
        lanes,
      ]);
    }));

  test("a 1x2 kernel over a row of three gives the two sums written out by hand", () => {
    const shape = {
      ...SQUARE,
      channels: 1,
      height: 1,
      width: 3,
      outputs: 1,
      kernelHeight: 1,
      kernelWidth: 2,
      lanes: 8,
    };
    const x = Float32Array.from({ length: 24 }, (_, i) => [1, 2, 4][Math.floor(i / 8)]!);
    const y = output(16, "equal");
    const runs = compareKernel("conv2dForward", [
      input(x),
      input(Float32Array.of(10, 100)),
      input(Float32Array.of(0.5)),
      y,
      scratch(7 * 2),
      shapeOf(shape),
    ]);
    for (const run of runs) {
      assertEquals(run.after(y), Array.from({ length: 16 }, (_, i) => i < 8 ? 210.5 : 420.5));
    }
  });
});

everyKernelRan(convolution);
