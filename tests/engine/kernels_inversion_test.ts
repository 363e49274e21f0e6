import fc from "fast-check";
import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { inversion } from "../../src/engine/cpu/reference/inversion.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, ROUNDOFF, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, laneSums, type Style, whole } from "../support/kernel_values.ts";

const FEATURES = { ...BATCH, count: whole(1, 150), factor: fc.constantFrom(1, 0, 0.5, 300) };

interface Features {
  images: number;
  style: Style;
  seed: number;
  count: number;
  factor: number;
}

/** Compares the feature loss; lanes without an image hold `filler` in the features and its negative in the targets. */
function featureLoss({ images, style, seed, count, factor }: Features, filler: number): void {
  const random = new Random(seed);
  const lanes = lanesOf(images);
  const blank = random.integer(2 * images);
  const features = drawLanes(random, count, images, style, filler);
  const targets = drawLanes(random, count, images, style, -filler).map((value, i) => i % lanes === blank ? 0 : value);
  const errors = laneSums(features.map((value, i) => (value - targets[i]!) ** 2), lanes);
  const squares = laneSums(targets.map((value) => value * value), lanes);
  const divisors = squares.map((square) => square === 0 ? count : square);
  // All terms of both sums are positive: every rounding is relative to the result.
  const relative = (2 * count + 10) * ROUNDOFF * factor;
  const some = (values: ArrayLike<number>): number[] =>
    Array.from(values, (value, i) => i % lanes < images ? relative * value : 0);
  compareKernel("featureLoss", [
    input(features),
    input(targets),
    output(count * lanes, some(features.map((f, i) => 2 * Math.abs(f - targets[i]!) / divisors[i % lanes]!))),
    output(lanes, some(errors.map((error, lane) => error / divisors[lane]!))),
    count,
    images,
    lanes,
    factor,
  ]);
}

describe("the inversion attack's kernels on every engine", () => {
  test("the feature loss and its gradient agree with their definition, also where all targets are 0", () =>
    holds(FEATURES, (one) => featureLoss(one, 1e30)));

  // Lanes without an image may hold anything finite, and 0 times an overflow is no 0.
  test(
    "lanes without an image stay 0 even where their difference overflows",
    () => holds(FEATURES, (one) => featureLoss(one, 3e38)),
  );

  test("the feature loss of two features is the one worked out by hand", () => {
    const features = new Float32Array(16);
    const targets = new Float32Array(16);
    // Lane 0: (3, 5) against (1, 2); lane 1: (3, 1) against nothing.
    [features[0], features[8], targets[0], targets[8]] = [3, 5, 1, 2];
    [features[1], features[9]] = [3, 1];
    const gradient = output(16, 1e-6);
    const losses = output(8, 1e-6);
    const args = [input(features), input(targets), gradient, losses, 2, 2, 8, 10] as const;
    for (const { after } of compareKernel("featureLoss", [...args])) {
      const rounded = (values: number[]) => values.map((value) => Math.round(value * 1e4) / 1e4 + 0);
      assertEquals(rounded(after(losses)), [26, 50, 0, 0, 0, 0, 0, 0]);
      assertEquals(rounded(after(gradient)), [8, 30, 0, 0, 0, 0, 0, 0, 12, 10, 0, 0, 0, 0, 0, 0]);
    }
  });

  test("the image priors are added to the losses and gradients, as defined", () =>
    holds({
      ...BATCH,
      channels: whole(1, 3),
      height: whole(1, 8),
      width: whole(1, 8),
      vertical: fc.constantFrom(0, 1, Math.fround(0.2)),
      horizontal: fc.constantFrom(0, 1, Math.fround(0.3)),
      square: fc.constantFrom(0, 1, 5),
    }, ({ images, style, seed, channels, height, width, vertical, horizontal, square }) => {
      const random = new Random(seed);
      const lanes = lanesOf(images);
      const pixels = channels * height * width;
      const x = drawLanes(random, pixels, images, style, 0);
      const dx = drawLanes(random, pixels, images, style, 0);
      const loss = drawLanes(random, 1, images, style, 0);
      const largest = style === "whole" ? 3 : 1;
      // A pixel meets at most two neighbours a direction, each difference at most twice the largest value, and a
      // derivative of a square doubles.
      const slope = 8 * (vertical + horizontal + square) * largest;
      const largestLoss = 4 * (vertical + horizontal + square) * largest ** 2 * pixels;
      compareKernel("imagePriors", [
        input(x),
        updated(dx, dx.map((value) => 8 * ROUNDOFF * (Math.abs(value) + slope))),
        updated(loss, loss.map((value) => 3 * pixels * ROUNDOFF * (Math.abs(value) + largestLoss))),
        channels,
        height,
        width,
        lanes,
        vertical,
        horizontal,
        square,
      ]);
    }));

  test("the image priors of four pixels are those worked out by hand", () => {
    const x = Float32Array.from({ length: 32 }, (_, i) => [1, 3, 6, 10][Math.floor(i / 8)]!);
    const dx = updated(new Float32Array(32).fill(100));
    const losses = updated(new Float32Array(8).fill(1000));
    const args = [input(x), dx, losses, 1, 2, 2, 8, 10, 1, 0.5] as const;
    for (const { after } of compareKernel("imagePriors", [...args])) {
      // Vertical differences 5 and 7, horizontal 2 and 4, squares 1 + 9 + 36 + 100.
      assertEquals(after(losses), Array(8).fill(1000 + 10 * (25 + 49) + (4 + 16) + 0.5 * 146));
      const gradient = [100 - 100 - 4 + 1, 100 - 140 + 4 + 3, 100 + 100 - 8 + 6, 100 + 140 + 8 + 10];
      assertEquals(after(dx), Array.from({ length: 32 }, (_, i) => gradient[Math.floor(i / 8)]!));
    }
  });

  test("the sign step is exact, for zeros and the smallest gradients too", () =>
    holds({ ...BATCH, vectors: whole(1, 30), rate: fc.constantFrom(Math.fround(0.01), 0.5, 3) }, (one) => {
      const { style, seed, vectors, rate } = one;
      const random = new Random(seed);
      const count = 4 * vectors;
      const x = draw(random, count, style);
      const tiny = [0, -0, 2 ** -149, -(2 ** -149)];
      const dx = draw(random, count, style).map((value) => random.integer(3) === 0 ? tiny[random.integer(4)]! : value);
      compareKernel("signStep", [updated(x), input(dx), count, rate, -0.75, Math.fround(0.8)]);
    }));

  test("the sign step goes against the gradient, stays where it is 0, and is clipped", () => {
    const x = updated(Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.1, 0.9, -3, 7));
    const dx = input(Float32Array.of(2, -1e-40, 0, -0, 1, -1, 0, 0));
    for (const { after } of compareKernel("signStep", [x, dx, 8, 0.25, 0, 1])) {
      assertEquals(after(x).map((value) => value + 0), [0.25, 0.75, 0.5, 0.5, 0, 1, 0, 1]);
    }
  });
});

everyKernelRan(inversion);
