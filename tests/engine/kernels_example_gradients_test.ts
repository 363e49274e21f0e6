import fc from "fast-check";
import { describe, test } from "node:test";
import { CONV_SHAPE } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { exampleGradients } from "../../src/engine/cpu/reference/example_gradients.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, scratch, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, whole } from "../support/kernel_values.ts";

const CONVOLUTIONS = {
  ...BATCH,
  channels: whole(1, 4),
  outputs: whole(1, 5),
  kernelHeight: whole(1, 4),
  kernelWidth: whole(1, 11),
  moreRows: whole(0, 4),
  moreColumns: whole(0, 5),
  strideHeight: whole(1, 3),
  strideWidth: whole(1, 3),
  withBias: whole(0, 1),
};

describe("the squared lengths of each image's gradient, on every engine", () => {
  test("agree with the gradients of a convolution, weight by weight, for any shape", () =>
    holds(CONVOLUTIONS, ({ moreRows, moreColumns, images, style, seed, withBias, ...rest }) => {
      const random = new Random(seed), lanes = lanesOf(images);
      const shape = { ...rest, height: rest.kernelHeight + moreRows, width: rest.kernelWidth + moreColumns, lanes };
      const rows = Math.floor(moreRows / rest.strideHeight) + 1;
      const columns = Math.floor(moreColumns / rest.strideWidth) + 1;
      const x = shape.channels * shape.height * shape.width, y = shape.outputs * rows * columns;
      // Each gradient adds up so many products, and there are so many squares; whole numbers are exact.
      const terms = 2 * (rows * columns + 4) + shape.outputs * (x + 1);
      compareKernel("convExampleSquares", [
        input(drawLanes(random, x, images, style, 1)),
        input(drawLanes(random, y, images, style, 0)),
        updated(draw(random, lanes, "whole").map(Math.abs), style === "whole" ? "equal" : { terms }),
        scratch(4 * (x + 2 * rows * columns)),
        withBias,
        input(Int32Array.from(CONV_SHAPE, (name) => shape[name])),
      ]);
    }));

  test("agree with the gradients of a dense layer, weight by weight", () =>
    holds({ ...BATCH, inputs: whole(1, 20), outputs: whole(1, 20), withBias: whole(0, 1) }, (one) => {
      const { images, style, seed, inputs, outputs, withBias } = one;
      const random = new Random(seed), lanes = lanesOf(images);
      compareKernel("denseExampleSquares", [
        input(drawLanes(random, inputs, images, style, 1)),
        input(drawLanes(random, outputs, images, style, 0)),
        updated(
          draw(random, lanes, "whole").map(Math.abs),
          style === "whole" ? "equal" : { terms: inputs + outputs + 4 },
        ),
        inputs,
        outputs,
        withBias,
        lanes,
      ]);
    }));

  test("clip the images by them: those within the bound are left, but for the mean over images", () =>
    holds({ ...BATCH, count: whole(1, 20), bound: fc.constantFrom(0.5, 1, 3) }, (one) => {
      const { images, style, seed, count, bound } = one;
      const random = new Random(seed), lanes = lanesOf(images);
      const gradients = drawLanes(random, count, images, style, 0);
      const squares = Float32Array.from({ length: lanes }, () => random.uniform(0, 2));
      compareKernel("clipExamples", [updated(gradients), input(squares), count, images, lanes, bound]);
    }));

  test("a gradient of length 5 is clipped to 1, one of length 0.5 and one of 0 are left", () => {
    // Two images' gradients of the mean loss: half of those of their own losses.
    const gradients = Float32Array.of(1.5, 0.25, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0);
    const dY = updated(gradients, 1e-6), squares = Float32Array.of(6.25, 0.0625, 0, 0, 0, 0, 0, 0);
    for (const run of compareKernel("clipExamples", [dY, input(squares), 2, 2, 8, 1])) {
      const [a, b] = [0, 8].map((at) => run.after(dY).slice(at, at + 2).map((value) => Math.round(value * 1e5) / 1e5));
      assertEquals([a, b], [[0.6, 0.5], [0.8, 0]]);
    }
  });

  test("an image whose length is no finite number is left out, whatever its gradient is", () => {
    const values = [NaN, Infinity, 3, 0, 0, 0, 0, 0], dY = updated(Float32Array.of(...values, ...values), 0);
    const squares = input(Float32Array.of(NaN, Infinity, 4, NaN, Infinity, 0, 0, 0));
    for (const run of compareKernel("clipExamples", [dY, squares, 2, 1, 8, 1])) {
      assertEquals([...run.after(dY)], [0, 0, 1.5, 0, 0, 0, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 0]);
    }
  });
});

everyKernelRan(exampleGradients);
