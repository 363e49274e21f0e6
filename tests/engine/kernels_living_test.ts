import { describe, test } from "node:test";
import { living } from "../../src/engine/cpu/reference/living.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertWithin, REFERENCE_DESK } from "../support/kernel_desk.ts";
import { listEvents, magnitudesOf, rounding, termsOfPixel } from "../support/kernel_events.ts";
import {
  compareKernel,
  everyKernelRan,
  input,
  intOutput,
  output,
  room,
  ROUNDOFF,
  scratch,
  type Tensor,
  type Tolerance,
  updated,
} from "../support/kernel_harness.ts";
import { DENSE, type Dense, denseShape, LENET5_DENSE, listsOf, masked } from "../support/kernel_living.ts";
import {
  convRecord,
  drawDensity,
  drawGradients,
  eachPooled,
  imagesOf,
  LENET5,
  type Pooled,
  poolRecord,
  withoutSpare,
} from "../support/kernel_pooled.ts";
import { draw, drawLanes, holds, type Style } from "../support/kernel_values.ts";

/** Whole numbers add up exactly in any order; others differ by what rounding allows. */
function sumOf(terms: number, style: Style): Tolerance {
  return style === "whole" ? "equal" : { terms };
}

/** A number that no kernel gives, for gradients that must be left as they are. */
const LEFT = 12345.678;

/** A weight gradient that must be written where the mask keeps the weight, and nowhere else. */
function livingGradient(mask: Int32Array, allowed: ArrayLike<number>, offset: number): Tensor {
  return updated(
    Float32Array.from(mask, (kept) => kept === 0 ? LEFT : NaN),
    Array.from(allowed, (value, i) => mask[i] === 0 ? 0 : value),
    offset,
  );
}

/** Compares the kernels of a pooled convolution with their definition. */
function pooled(one: Pooled): void {
  const { conv, images, style, seed, offset, density } = one;
  const random = new Random(seed);
  const mask = drawDensity(random, one.weights, density);
  const { given, machines } = listsOf("listLiving", mask, conv, offset);
  const count = one.pooled * conv.lanes;
  const shape = input(convRecord(conv));
  const x = drawLanes(random, one.x, images, style, 1);
  const weight = masked(draw(random, one.weights, style), mask);
  for (const bias of [0, input(draw(random, conv.outputs, style), offset)]) {
    compareKernel("livingPooledConvForward", [
      input(x),
      input(weight, offset),
      bias,
      output(count, sumOf(one.window + 1, style)),
      // Rounding may decide between two that are nearly equal: then the winners are another's than the reference's.
      seed % 3 === 0 ? 0 : style === "whole" ? intOutput(count) : scratch(count),
      given,
      scratch(one.scratch),
      shape,
      input(poolRecord(one.pool)),
    ], machines);
  }

  const dy = drawGradients(random, { ...one, density: random.uniform() });
  const winner = Int32Array.from(dy, () => random.integer(one.places + 1) - 1);
  const pixels = imagesOf(x, one);
  REFERENCE_DESK.clear();
  const sums = magnitudesOf(one, { dy, winner, images: pixels, weight });
  const events = listEvents(REFERENCE_DESK, one, dy, winner);
  const list = input(REFERENCE_DESK.ints(events.pointer, events.words));
  const passes = listsOf("listLivingPasses", mask, conv, offset);
  compareKernel("livingEventWeightGradient", [
    input(pixels),
    list,
    livingGradient(mask, rounding(style, events.count, sums.weight), offset),
    passes.given,
    shape,
  ], passes.machines);
  const dImages = room(one.imageFloats), allowed = rounding(style, termsOfPixel(one), sums.images);
  const [right, ...runs] = compareKernel("livingEventInputGradient", [
    list,
    input(weight, offset),
    dImages,
    passes.given,
    scratch(80),
    shape,
  ], passes.machines);
  for (const run of runs) {
    const [actual, expected] = [run, right!].map((side) => withoutSpare(side.after(dImages), one));
    assertWithin(actual!, expected!, (i) => allowed[i]!, `dImages on ${run.machine}`);
  }
}

/** Compares the kernels of a dense layer with their definition. */
function dense(one: Dense): void {
  const { inputs, outputs, images, style, seed, word, density } = one;
  const random = new Random(seed);
  const conv = denseShape(one);
  const { lanes } = conv;
  const shape = input(convRecord(conv));
  const mask = drawDensity(random, inputs * outputs, density);
  const { given, machines } = listsOf("listLiving", mask, conv, 4 * word);
  const weight = input(masked(draw(random, mask.length, style), mask), 4 * word);
  const x = drawLanes(random, inputs, images, style, 1);
  const dy = drawLanes(random, outputs, images, style, 0);
  for (const bias of [0, input(draw(random, outputs, style), 4 * word)]) {
    const y = output(outputs * lanes, sumOf(inputs + 1, style));
    compareKernel("livingDenseForward", [input(x), weight, bias, y, given, scratch(2 * inputs), shape], machines);
  }
  const dx = output(inputs * lanes, sumOf(outputs, style));
  compareKernel("livingDenseInputGradient", [input(dy), weight, dx, given, shape], machines);
  const sums = Array.from(mask, (_, at) => {
    const o = Math.floor(at / inputs) * lanes, i = at % inputs * lanes;
    let sum = 0;
    for (let lane = 0; lane < images; lane++) sum += Math.abs(dy[o + lane]! * x[i + lane]!);
    return style === "whole" ? 0 : (lanes + 4) * ROUNDOFF * sum;
  });
  // What the padding lanes hold must not reach the gradient, however large it is.
  const filled = x.map((value, i) => i % lanes < images ? value : 1e30);
  const dWeight = livingGradient(mask, sums, 4 * word);
  compareKernel("livingDenseWeightGradient", [input(filled), input(dy), dWeight, given, shape], machines);
}

describe("the kernels of living weights on every engine", () => {
  test("agree with their definition for any pooled convolution", () => eachPooled(pooled));
  test("agree with their definition for any dense layer", () => holds(DENSE, dense, 30));

  for (const [name, one] of LENET5) {
    test(`agree for LeNet-5's ${name} convolution, of which 5 % is left`, () => pooled(one));
  }

  test("agree for LeNet-5's fully connected layers, of which 5 % is left", () => LENET5_DENSE.forEach(dense));
});

everyKernelRan(living);
