import fc from "fast-check";
import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { loss } from "../../src/engine/cpu/reference/loss.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, ROUNDOFF } from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, laneSums, whole } from "../support/kernel_values.ts";

const CASES = { ...BATCH, classes: whole(1, 23), spread: fc.constantFrom(0, 1, 20, 1000, 1e6) };

interface Case {
  images: number;
  seed: number;
  classes: number;
  spread: number;
}

/** Logits from -spread to spread, and the largest numbers there are where no image is. */
function logitsOf(random: Random, { images, classes, spread }: Case): Float32Array {
  const lanes = lanesOf(images);
  return draw(random, classes * lanes).map((value, i) =>
    i % lanes < images ? value * spread : value > 0 ? 3e38 : -3e38
  );
}

/**
 * Roundings of a probability: the difference a of two logits is rounded relative to a, which its exponential feels as a
 * e^-a < 1; the sum of the exponentials adds one for each class, and the quotient a few.
 */
function ofProbability({ classes }: Case): number {
  return (8 + classes) * ROUNDOFF;
}

/** Roundings of a loss: those of a probability, and those relative to the logits themselves. */
function ofLoss(one: Case): number {
  return ofProbability(one) + 4 * ROUNDOFF * (1 + 2 * one.spread);
}

/** Lanes without an image: exactly 0. */
function allowed(one: Case, rows: number, each: number): number[] {
  const lanes = lanesOf(one.images);
  return Array.from({ length: rows * lanes }, (_, i) => i % lanes < one.images ? each : 0);
}

describe("softmax cross entropy on every engine", () => {
  test("over labels it agrees with its definition, for small and huge logits", () =>
    holds(CASES, (one) => {
      const { images, seed, classes } = one;
      const random = new Random(seed);
      const lanes = lanesOf(images);
      const logits = input(logitsOf(random, one));
      const nobody = [-1, classes, 2 ** 31 - 1, -(2 ** 31)];
      const labels = input(
        Int32Array.from({ length: lanes }, (_, i) => i < images ? random.integer(classes) : nobody[i % 4]!),
      );
      const losses = output(lanes, allowed(one, 1, ofLoss(one)));
      const gradient = output(classes * lanes, allowed(one, classes, ofProbability(one) / images));
      for (
        const run of compareKernel("softmaxCrossEntropy", [logits, labels, gradient, losses, classes, images, lanes])
      ) {
        assert(run.after(losses).slice(images).every((value) => value === 0), "losses of lanes without an image");
        assert(run.after(gradient).every((value, i) => i % lanes < images || value === 0), "their gradients");
      }
      compareKernel("softmaxCrossEntropy", [logits, labels, 0, losses, classes, images, lanes]);
    }));

  test("over target probabilities it agrees with its definition, one-hot, soft, and of any sum", () =>
    holds({ ...CASES, kind: fc.constantFrom("one-hot", "soft", "free") }, ({ kind, ...one }) => {
      const { images, seed, classes } = one;
      const random = new Random(seed);
      const lanes = lanesOf(images);
      const logits = input(logitsOf(random, one));
      const values = draw(random, classes * lanes).map(Math.abs);
      const picked = Array.from({ length: lanes }, () => random.integer(classes));
      const targets = values.map((value, i) => {
        if (i % lanes >= images) return 3e38;
        if (kind === "one-hot") return Math.floor(i / lanes) === picked[i % lanes] ? 1 : 0;
        return kind === "soft" ? value / classes : value;
      });
      const losses = output(lanes, allowed(one, 1, (1 + classes) * ofLoss(one)));
      const gradient = output(classes * lanes, allowed(one, classes, (1 + classes) * ofProbability(one) / images));
      const rest = [classes, images, lanes] as const;
      for (
        const run of compareKernel("softmaxCrossEntropyOneHot", [logits, input(targets), gradient, losses, ...rest])
      ) {
        assert(run.after(losses).slice(images).every((value) => value === 0), "losses of lanes without an image");
        assert(run.after(gradient).every((value, i) => i % lanes < images || value === 0), "their gradients");
      }
      compareKernel("softmaxCrossEntropyOneHot", [logits, input(targets), 0, losses, ...rest]);
    }));

  test("equal logits cost the logarithm of the number of classes, and labels and one-hot targets say the same", () => {
    const [classes, images, lanes] = [10, 2, 8];
    const logits = input(new Float32Array(classes * lanes).fill(5));
    const labels = input(Int32Array.of(3, 7, 0, 0, 0, 0, 0, 0));
    const targets = new Float32Array(classes * lanes);
    targets[3 * lanes] = 1;
    targets[7 * lanes + 1] = 1;
    const losses = output(lanes, 1e-6);
    const gradient = output(classes * lanes, 1e-7);
    const byLabel = compareKernel("softmaxCrossEntropy", [logits, labels, gradient, losses, classes, images, lanes]);
    const byTarget = compareKernel(
      "softmaxCrossEntropyOneHot",
      [logits, input(targets), gradient, losses, classes, images, lanes],
    );
    for (const run of [...byLabel, ...byTarget]) {
      assertAlmostEquals(run.after(losses)[0]!, 2.302585, 1e-6);
      assertAlmostEquals(run.after(losses)[1]!, 2.302585, 1e-6);
      assertAlmostEquals(run.after(gradient)[3 * lanes]!, (0.1 - 1) / 2, 1e-7);
      assertAlmostEquals(run.after(gradient)[4 * lanes]!, 0.1 / 2, 1e-7);
      assertEquals(run.after(losses).slice(2), [0, 0, 0, 0, 0, 0]);
    }
  });
});

describe("the squared error on every engine", () => {
  test("it and its gradient agree with their definition, whatever lanes without an image hold", () =>
    holds({ ...BATCH, count: whole(1, 150) }, ({ images, style, seed, count }) => {
      const random = new Random(seed), lanes = lanesOf(images);
      const y = drawLanes(random, count, images, style, 1e30), targets = drawLanes(random, count, images, style, -1e30);
      const errors = laneSums(y.map((value, i) => (value - targets[i]!) ** 2), lanes);
      const some = (values: ArrayLike<number>, relative: number): number[] =>
        Array.from(values, (value, i) => i % lanes < images ? relative * ROUNDOFF * value : 0);
      compareKernel("squaredError", [
        input(y),
        input(targets),
        output(count * lanes, some(y.map((value, i) => 2 * Math.abs(value - targets[i]!) / (count * images)), 8)),
        output(lanes, some(errors.map((error) => error / count), 2 * count + 10)),
        count,
        images,
        lanes,
      ]);
    }));
});

everyKernelRan(loss);
