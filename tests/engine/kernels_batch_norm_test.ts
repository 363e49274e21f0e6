import { describe, test } from "node:test";
import { batchNorm } from "../../src/engine/cpu/reference/batch_norm.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output, ROUNDOFF } from "../support/kernel_harness.ts";
import { BATCH, draw, drawLanes, holds, type Style, whole } from "../support/kernel_values.ts";

const CASES = { ...BATCH, units: whole(1, 5), places: whole(1, 30), filler: whole(-3, 3), given: whole(0, 1) };
const EPSILON = 1e-3;

/** Tensors of a batch: statistics are the batch's own or, where they are given, any. */
function drawBatch(one: { images: number; style: Style; seed: number; units: number; places: number; filler: number }) {
  const { images, style, seed, units, places, filler } = one, lanes = lanesOf(images), random = new Random(seed);
  const x = drawLanes(random, units * places, images, style, filler);
  const dy = drawLanes(random, units * places, images, style, 0);
  const [mean, weight, bias] = [1, 2, 3].map(() => draw(random, units, style)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const variance = draw(random, units, style).map((value) => value * value + 2 ** -10);
  return { x, dy, mean, weight, bias, variance, lanes };
}

describe("the kernels of batch normalisation on every engine", () => {
  test("take mean and variance of the images alone, right to the last rounding", () =>
    holds(CASES, (one) => {
      const { units, places, images } = one, { x, lanes } = drawBatch(one);
      // The mean may be rounded the other way, which moves each difference.
      const mean = output(units, 8 * ROUNDOFF), variance = output(units, 64 * ROUNDOFF);
      const runs = compareKernel("batchStatistics", [input(x), mean, variance, units, places, images, lanes]);
      for (const run of runs) {
        for (let unit = 0; unit < units; unit++) {
          const own = Array.from(x.subarray(unit * places * lanes, (unit + 1) * places * lanes))
            .filter((_, i) => i % lanes < images);
          const middle = own.reduce((sum, value) => sum + value, 0) / own.length;
          const spread = own.reduce((sum, value) => sum + (value - middle) ** 2, 0) / own.length;
          assertEquals(Math.abs(run.after(mean)[unit]! - middle) < 1e-6, true);
          assertEquals(Math.abs(run.after(variance)[unit]! - spread) < 1e-5, true);
        }
      }
    }));

  test("tell a small variance around a large mean", () => {
    const x = Float32Array.from({ length: 16 }, (_, i) => 4096 + i % 2 / 64), mean = output(1, 0);
    const variance = output(1, 0);
    for (const run of compareKernel("batchStatistics", [input(x), mean, variance, 1, 2, 8, 8])) {
      assertEquals([run.after(mean), run.after(variance)], [[4096 + 2 ** -7], [2 ** -14]]);
    }
  });

  test("scale and shift each unit", () =>
    holds(CASES, (one) => {
      const { units, places } = one, { x, mean, variance, weight, bias, lanes } = drawBatch(one), size = places * lanes;
      const allowed = Array.from(x, (value, i) => {
        const unit = Math.floor(i / size), off = Math.abs(value - mean[unit]!);
        const scale = Math.abs(weight[unit]!) / Math.sqrt(variance[unit]! + EPSILON);
        return 4 * ROUNDOFF * (off * scale + Math.abs(bias[unit]!));
      });
      const given = [input(mean), input(variance), input(weight), input(bias)] as const;
      compareKernel("batchNormForward", [
        input(x),
        ...given,
        output(x.length, allowed),
        units,
        places,
        lanes,
        EPSILON,
      ]);
    }));

  test("sum the gradients of weight and bias", () =>
    holds(CASES, (one) => {
      const { units, places } = one, { x, dy, mean, variance, lanes } = drawBatch(one);
      // Float64 holds the sums: what is left is the rounding of single differences and of the result.
      const tolerance = 256 * ROUNDOFF * Math.max(...dy.map(Math.abs), 1) * places;
      compareKernel("batchNormParameterGradients", [
        input(x),
        input(mean),
        input(variance),
        input(dy),
        output(units, tolerance),
        output(units, tolerance),
        units,
        places,
        lanes,
        EPSILON,
      ]);
    }));

  test("give the input's gradient, 0 in lanes without an image, with statistics of the batch and with given ones", () =>
    holds(CASES, (one) => {
      const { units, places, style, seed, images, given } = one;
      const { x, dy, mean, variance, weight, lanes } = drawBatch(one), random = new Random(seed, 1);
      const [dWeight, dBias] = [draw(random, units, style), draw(random, units, style)];
      const size = places * lanes, count = places * images;
      const allowed = Array.from(x, (value, i) => {
        const unit = Math.floor(i / size), over = 1 / Math.sqrt(variance[unit]! + EPSILON);
        const moved = Math.abs(dBias[unit]!) + Math.abs((value - mean[unit]!) * over * dWeight[unit]!);
        return 8 * ROUNDOFF * Math.abs(weight[unit]!) * over * (Math.abs(dy[i]!) + moved / count);
      });
      const dx = output(x.length, allowed);
      const runs = compareKernel("batchNormInputGradient", [
        input(x),
        input(mean),
        input(variance),
        input(weight),
        input(dWeight),
        input(dBias),
        input(dy),
        dx,
        units,
        places,
        given ? 0 : images,
        lanes,
        EPSILON,
      ]);
      for (const run of runs) {
        assertEquals(run.after(dx).filter((value, i) => i % lanes >= images && value !== 0), []);
      }
    }));
});

everyKernelRan(batchNorm);
