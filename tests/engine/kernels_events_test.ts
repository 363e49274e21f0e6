import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { events } from "../../src/engine/cpu/reference/events.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, assertWithin, REFERENCE_DESK } from "../support/kernel_desk.ts";
import { eventWords, magnitudesOf, rounding, termsOfPixel, usedWords } from "../support/kernel_events.ts";
import { compareKernel, everyKernelRan, input, output, room, scratch } from "../support/kernel_harness.ts";
import {
  convRecord,
  drawGradients,
  eachPooled,
  imagesOf,
  LENET5,
  type Pooled,
  pooledCase,
  poolRecord,
  withoutSpare,
} from "../support/kernel_pooled.ts";
import { draw, drawLanes } from "../support/kernel_values.ts";

/** Compares the four kernels with their definition, from winners that are drawn. */
function gradients(one: Pooled): void {
  const { conv, images, style, seed, offset, places } = one;
  const random = new Random(seed);
  const dy = drawGradients(random, one);
  const winner = Int32Array.from(dy, () => random.integer(places + 1) - 1);
  const shape = input(convRecord(conv));
  const list = scratch(eventWords(one));
  const [expected, ...others] = compareKernel("winnerEvents", [
    input(dy),
    input(winner),
    list,
    scratch(places + 1),
    shape,
    input(poolRecord(one.pool)),
  ]).map((run) => ({ machine: run.machine, words: Int32Array.from(run.after(list)) }));
  const [begins, ...pairs] = usedWords(expected!.words, one);
  const count = pairs.reduce((sum, { length }) => sum + length / 2, 0);
  assertEquals(count, dy.filter((gradient, i) => gradient !== 0 && winner[i] !== -1).length);
  for (const { machine, words } of others) {
    const [ownBegins, ...ownPairs] = usedWords(words, one);
    assertSameBits(ownBegins!, begins!, `the begins on ${machine}`);
    for (const [output, own] of ownPairs.entries()) {
      assertSameBits(own, pairs[output]!, `the events of output ${output} on ${machine}`);
    }
  }

  // What lies in lanes without an image, or behind the images, must not reach a gradient.
  const inputs = imagesOf(drawLanes(random, one.x, images, style, 1e30), one);
  const weight = draw(random, one.weights, style);

  REFERENCE_DESK.clear();
  const sums = magnitudesOf(one, { dy, winner, images: inputs, weight });

  // Room that is not used may hold anything.
  const given = input(expected!.words);
  const biasAllowed = rounding(style, count, sums.bias);
  compareKernel("eventBiasGradient", [given, output(conv.outputs, biasAllowed, offset), shape]);

  const weightAllowed = rounding(style, count, sums.weight);
  compareKernel("eventWeightGradient", [
    input(inputs),
    given,
    output(one.weights, weightAllowed, offset),
    scratch(40),
    shape,
  ]);

  const imagesAllowed = rounding(style, termsOfPixel(one), sums.images);
  const dImages = room(one.imageFloats);
  const [right, ...runs] = compareKernel("eventInputGradient", [
    given,
    input(weight, offset),
    dImages,
    scratch(one.inputGradientScratch),
    shape,
  ]);
  const definition = withoutSpare(right!.after(dImages), one);
  for (const run of runs) {
    assertWithin(
      withoutSpare(run.after(dImages), one),
      definition,
      (i) => imagesAllowed[i]!,
      `dImages on ${run.machine}`,
    );
  }
}

describe("the events of a pooled convolution on every engine", () => {
  test("list what their definition says, and all three gradients agree with theirs", () => eachPooled(gradients, 40));

  for (const [name, one] of LENET5) {
    test(`agree for LeNet-5's ${name} convolution`, () => gradients(one));
  }

  test("of a row of five with two channels are the offsets, gradients and sums written out by hand", () => {
    const conv = { channels: 2, height: 1, width: 5, kernelHeight: 1, kernelWidth: 2, strideHeight: 1, strideWidth: 1 };
    const one = pooledCase(
      { ...conv, outputs: 2, lanes: lanesOf(2) },
      { windowHeight: 1, windowWidth: 2, strideHeight: 1, strideWidth: 2 },
      { images: 2, style: "whole", seed: 0, offset: 0, density: 1 },
    );
    const dy = new Float32Array(32), winner = new Int32Array(32).fill(-1);
    // Output 0 has gradients in its first window, of which that of image 1 is not positive; output 1 one in its second,
    // of image 1.
    dy.set([2, 3]), winner.set([1, -1]);
    dy.set([0, 0], 16), winner.set([0, 1], 16);
    dy.set([0, -5], 24), winner.set([0, 0], 24);
    const shape = input(convRecord(one.conv));
    const list = scratch(eventWords(one));
    const runs = compareKernel("winnerEvents", [
      input(dy),
      input(winner),
      list,
      scratch(3),
      shape,
      input(poolRecord(one.pool)),
    ]);
    const bits = new Int32Array(Float32Array.of(2, -5).buffer);
    // A pixel is 8 bytes and an image 40, with 128 to spare. Two groups of four lanes an output: six begins; each
    // output has room for 16 events.
    for (const run of runs) {
      assertEquals(run.after(list).slice(0, 6), [0, 1, 1, 16, 17, 17]);
      assertEquals(run.after(list).slice(6, 8), [8, bits[0]]);
      assertEquals(run.after(list).slice(6 + 2 * 16, 8 + 2 * 16), [168 + 16, bits[1]]);
    }

    const given = input(Int32Array.from(runs[0]!.after(list)));
    const dBias = output(2, "equal"), dWeight = output(8, "equal"), dImages = room(8 * 42);
    for (const run of compareKernel("eventBiasGradient", [given, dBias, shape])) {
      assertEquals(run.after(dBias), [2, -5]);
    }
    // Images of 0, 1, 2, ...: the window of the first event is 2 3 / 4 5, that of the second 14 15 / 16 17.
    const images = Float32Array.from(
      { length: 8 * 42 },
      (_, i) => i % 42 < 10 ? 10 * Math.floor(i / 42) + i % 42 : NaN,
    );
    for (const run of compareKernel("eventWeightGradient", [input(images), given, dWeight, scratch(40), shape])) {
      assertEquals(run.after(dWeight), [2, 4, 3, 5, 14, 16, 15, 17].map((v, i) => (i < 4 ? 2 : -5) * v));
    }
    const weight = input(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    for (const run of compareKernel("eventInputGradient", [given, weight, dImages, scratch(2 * 5 * 35), shape])) {
      const expected = new Array(80).fill(0);
      expected.splice(2, 4, 2, 6, 4, 8);
      expected.splice(14, 4, -25, -35, -30, -40);
      assertEquals([...withoutSpare(run.after(dImages), one)], expected);
    }
  });
});

everyKernelRan(events);
