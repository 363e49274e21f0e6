import { describe, test } from "node:test";
import { POOL_SHAPE } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { pooling } from "../../src/engine/cpu/reference/pooling.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, intOutput, output, type Tensor } from "../support/kernel_harness.ts";
import { BATCH, drawLanes, holds, type Style, whole } from "../support/kernel_values.ts";

type Shape = Record<(typeof POOL_SHAPE)[number], number>;

interface Case {
  shape: Shape;
  x: number;
  y: number;
  window: number;
  images: number;
  style: Style;
  seed: number;
}

const CASES = {
  ...BATCH,
  channels: whole(1, 5),
  windowHeight: whole(1, 4),
  windowWidth: whole(1, 4),
  moreRows: whole(0, 7),
  moreColumns: whole(0, 7),
  strideHeight: whole(1, 4),
  strideWidth: whole(1, 4),
};

function shapeOf(shape: Shape): Tensor {
  return input(Int32Array.from(POOL_SHAPE, (name) => shape[name]));
}

/** Windows that overlap (stride less than window), meet, leave gaps, or leave rows and columns over at the end. */
function eachShape(body: (one: Case) => void): void {
  holds(CASES, ({ moreRows, moreColumns, images, style, seed, ...rest }) => {
    const height = rest.windowHeight + moreRows;
    const width = rest.windowWidth + moreColumns;
    const rows = Math.floor(moreRows / rest.strideHeight) + 1;
    const columns = Math.floor(moreColumns / rest.strideWidth) + 1;
    body({
      shape: { ...rest, height, width, lanes: lanesOf(images) },
      x: rest.channels * height * width,
      y: rest.channels * rows * columns,
      window: rest.windowHeight * rest.windowWidth,
      images,
      style,
      seed,
    });
  }, 60);
}

describe("pooling on every engine", () => {
  test("the maximum and its first winner are exact, and the gradient goes to the winner", () =>
    eachShape(({ shape, x, y, window, images, style, seed }) => {
      const random = new Random(seed);
      const winner = intOutput(y * shape.lanes);
      const runs = compareKernel("maxPoolForward", [
        input(drawLanes(random, x, images, style, 1)),
        output(y * shape.lanes, "equal"),
        winner,
        shapeOf(shape),
      ]);
      compareKernel("maxPoolGradient", [
        input(drawLanes(random, y, images, style, 0)),
        input(Int32Array.from(runs[0]!.after(winner))),
        output(x * shape.lanes, style === "whole" ? "equal" : { terms: window }),
        shapeOf(shape),
      ]);
    }));

  test("the mean agrees with its definition", () =>
    eachShape(({ shape, x, y, window, images, style, seed }) => {
      const values = drawLanes(new Random(seed), x, images, style, 1);
      compareKernel("averagePoolForward", [
        input(values),
        output(y * shape.lanes, { terms: window + 2 }),
        shapeOf(shape),
      ]);
    }));

  test("the mean's gradient agrees with its definition", () =>
    eachShape(({ shape, x, y, window, images, style, seed }) => {
      const dy = drawLanes(new Random(seed), y, images, style, 0);
      compareKernel("averagePoolGradient", [
        input(dy),
        output(x * shape.lanes, { terms: window + 2 }),
        shapeOf(shape),
      ]);
    }));

  test("of equal values the first in the window wins, also of zeros of both signs and of negatives", () => {
    const shape = {
      channels: 1,
      height: 2,
      width: 2,
      windowHeight: 2,
      windowWidth: 2,
      strideHeight: 2,
      strideWidth: 2,
      lanes: 8,
    };
    const windows = [
      [1, 1, 1, 1],
      [0, 1, 1, 0],
      [-0, 0, 0, 0],
      [0, -0, -1, 0],
      [-3, -2, -2, -1],
      [-5, -5, -5, -5],
      [-1e38, -1e38, -3e38, -1e37],
      [1, 2, 3, 3],
    ];
    const x = Float32Array.from({ length: 32 }, (_, i) => windows[i % 8]![Math.floor(i / 8)]!);
    const winner = intOutput(8);
    for (const run of compareKernel("maxPoolForward", [input(x), output(8, "equal"), winner, shapeOf(shape)])) {
      assertEquals(run.after(winner), [0, 1, 0, 0, 3, 0, 3, 2]);
    }
  });
});

everyKernelRan(pooling);
