import { describe, test } from "node:test";
import { lanesOf } from "../src/engine/kernels.ts";
import { events } from "../src/engine/reference/events.ts";
import { Random } from "../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, assertWithin, type Desk, onEachDesk, REFERENCE_DESK } from "./kernel_desk.ts";
import { compareKernel, everyKernelRan, input, output, room, ROUNDOFF, scratch } from "./kernel_harness.ts";
import {
  convRecord,
  drawGradients,
  eachPooled,
  imagesOf,
  LENET5,
  type Pooled,
  pooledCase,
  poolRecord,
  SPARE,
  withSpare,
} from "./kernel_pooled.ts";
import { draw, drawLanes } from "./kernel_values.ts";

function absolute(values: Float32Array): Float32Array {
  return values.map(Math.abs);
}

/** Room for events, in words: the begins, and a pair for each element of dy and one more. */
function eventWords({ firstEvent, pooled, conv }: Pooled): number {
  return firstEvent + 2 * (pooled * conv.lanes + 1);
}

/** Lists the events of dy on a desk and returns the pointer to them. */
function eventsOn(desk: Desk, one: Pooled, dy: Float32Array, winner: number): number {
  const list = desk.room(eventWords(one));
  const conv = desk.put(convRecord(one.conv)), pool = desk.put(poolRecord(one.pool));
  desk.kernels.winnerEvents(desk.put(dy), winner, list, desk.room(one.places + 1), conv, pool);
  return list;
}

/** What rounding may do to sums of at most so many terms whose magnitudes add up to `sums`, on both sides of a comparison. */
function rounding(style: string, terms: number, sums: Float32Array): number[] {
  return Array.from(sums, (sum) => style === "whole" ? 0 : 2 * (terms + 4) * ROUNDOFF * sum);
}

/** Compares the four kernels with their definition, from winners that are drawn. */
function gradients(one: Pooled): void {
  const { conv, images, style, seed, offset, places, firstEvent } = one;
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
  const count = expected!.words[conv.outputs]!;
  assertEquals(count, dy.filter((gradient, i) => gradient !== 0 && winner[i] !== -1).length);
  for (const { machine, words } of others) {
    const [begins, pairs] = [[0, conv.outputs + 1], [firstEvent, firstEvent + 2 * count]] as const;
    assertSameBits(words.slice(...begins), expected!.words.slice(...begins), `the begins on ${machine}`);
    assertSameBits(words.slice(...pairs), expected!.words.slice(...pairs), `the events on ${machine}`);
  }

  // What lies in lanes without an image, or behind the images, must not reach a gradient.
  const inputs = withSpare(imagesOf(drawLanes(random, one.x, images, style, 1e30), one), SPARE);
  const weight = draw(random, one.weights, style);
  const imageSize = one.x * conv.lanes;

  const desk = REFERENCE_DESK;
  desk.clear();
  const positive = eventsOn(desk, one, absolute(dy), desk.put(winner));
  const at = {
    conv: desk.put(convRecord(conv)),
    images: desk.put(absolute(inputs)),
    weight: desk.put(absolute(weight)),
  };
  const sums = {
    bias: desk.room(conv.outputs),
    weight: desk.room(one.weights),
    images: desk.room(imageSize),
  };
  desk.kernels.eventBiasGradient(positive, sums.bias, at.conv);
  desk.kernels.eventWeightGradient(at.images, positive, sums.weight, 0, at.conv);
  desk.kernels.eventInputGradient(positive, at.weight, sums.images, 0, at.conv);

  // Room that is not used may hold anything.
  const given = input(expected!.words);
  const biasAllowed = rounding(style, count, desk.floats(sums.bias, conv.outputs));
  compareKernel("eventBiasGradient", [given, output(conv.outputs, biasAllowed, offset), shape]);

  const weightAllowed = rounding(style, count, desk.floats(sums.weight, one.weights));
  compareKernel("eventWeightGradient", [
    input(inputs),
    given,
    output(one.weights, weightAllowed, offset),
    scratch(32),
    shape,
  ]);

  // The sum of a pixel has at most an event for each of its outputs, taps and the pooling windows over each of them.
  const imagesAllowed = rounding(style, one.weights / conv.channels * places, desk.floats(sums.images, imageSize));
  const dImages = room(imageSize + SPARE);
  const [right, ...runs] = compareKernel("eventInputGradient", [
    given,
    input(weight, offset),
    dImages,
    scratch(conv.kernelWidth * conv.channels + 32),
    shape,
  ]);
  const definition = right!.after(dImages).slice(0, imageSize);
  for (const run of runs) {
    assertWithin(run.after(dImages), definition, (i) => imagesAllowed[i]!, `dImages on ${run.machine}`);
  }
}

/** The gradients of bias, weight and input on a desk. */
interface Gradients {
  bias: Float32Array;
  weight: Float32Array;
  input: Float32Array;
}

/** The gradients of the three layers in turn, by the kernels of each. */
function layerByLayer(
  desk: Desk,
  one: Pooled,
  x: Float32Array,
  weight: Float32Array,
  dy: Float32Array,
  sum = false,
): Gradients {
  const { kernels } = desk;
  const { conv } = one;
  const at = { conv: desk.put(convRecord(conv)), pool: desk.put(poolRecord(one.pool)) };
  const y = desk.room(one.convolved * conv.lanes), dConv = desk.room(one.convolved * conv.lanes);
  const most = desk.room(one.pooled * conv.lanes), winner = desk.room(one.pooled * conv.lanes);
  kernels.conv2dForward(desk.put(x), desk.put(weight), 0, y, desk.room(6 * one.window), at.conv);
  kernels.reluForward(y, y, one.convolved * conv.lanes);
  kernels.maxPoolForward(y, most, winner, at.pool);
  kernels.maxPoolGradient(desk.put(sum ? absolute(dy) : dy), winner, dConv, at.pool);
  kernels.reluGradient(y, dConv, dConv, one.convolved * conv.lanes);
  const bias = desk.room(conv.outputs), dWeight = desk.room(one.weights), dx = desk.room(one.x * conv.lanes);
  kernels.biasGradient(dConv, bias, conv.outputs, one.convolved / conv.outputs, conv.lanes);
  kernels.conv2dWeightGradient(desk.put(sum ? absolute(x) : x), dConv, dWeight, at.conv);
  const taps = desk.put(sum ? absolute(weight) : weight);
  kernels.conv2dInputGradient(dConv, taps, dx, desk.room(one.weights + 16), at.conv);
  return {
    bias: desk.floats(bias, conv.outputs),
    weight: desk.floats(dWeight, one.weights),
    input: desk.floats(dx, one.x * conv.lanes),
  };
}

/** The same gradients by events. */
function byEvents(desk: Desk, one: Pooled, x: Float32Array, weight: Float32Array, dy: Float32Array): Gradients {
  const { kernels } = desk;
  const { conv, pixels } = one;
  const size = one.x * conv.lanes;
  const at = {
    x: desk.put(x),
    weight: desk.put(weight),
    conv: desk.put(convRecord(conv)),
    pool: desk.put(poolRecord(one.pool)),
  };
  const y = desk.room(one.pooled * conv.lanes), winner = desk.room(one.pooled * conv.lanes);
  kernels.pooledConvForward(at.x, at.weight, 0, y, winner, desk.room(one.scratch), at.conv, at.pool);
  const list = eventsOn(desk, one, dy, winner);
  const images = desk.room(size + SPARE), dImages = desk.room(size + SPARE);
  const bias = desk.room(conv.outputs), dWeight = desk.room(one.weights), dx = desk.room(size);
  kernels.toImages(at.x, images, conv.channels, pixels, conv.lanes);
  kernels.eventBiasGradient(list, bias, at.conv);
  kernels.eventWeightGradient(images, list, dWeight, desk.room(32), at.conv);
  const row = desk.room(conv.kernelWidth * conv.channels + 32);
  kernels.eventInputGradient(list, at.weight, dImages, row, at.conv);
  kernels.fromImages(dImages, dx, conv.channels, pixels, conv.lanes);
  return {
    bias: desk.floats(bias, conv.outputs),
    weight: desk.floats(dWeight, one.weights),
    input: desk.floats(dx, size),
  };
}

/** Throws unless events give what the gradients of the three layers in turn give. */
function asLayerByLayer(one: Pooled): void {
  const { conv, images, style, seed, places } = one;
  const random = new Random(seed);
  const dy = drawGradients(random, one);
  const x = drawLanes(random, one.x, images, style, 1);
  const weight = draw(random, one.weights, style);
  onEachDesk((desk) => {
    const expected = layerByLayer(desk, one, x, weight, dy);
    const actual = byEvents(desk, one, x, weight, dy);
    // Both sides add up the same products, in orders of their own.
    const sums = layerByLayer(desk, one, x, weight, dy, true);
    const terms = {
      bias: one.pooled * conv.lanes,
      weight: one.pooled * conv.lanes,
      input: one.weights / conv.channels * places,
    };
    for (const name of ["bias", "weight", "input"] as const) {
      const allowed = rounding(style, terms[name], sums[name]);
      assertWithin(actual[name], expected[name], (i) => 2 * allowed[i]!, `the ${name} gradient on ${desk.name}`);
    }
  });
}

describe("the events of a pooled convolution on every engine", () => {
  test("list what their definition says, and all three gradients agree with theirs", () => eachPooled(gradients, 40));
  test("give the gradients of pooling, rectifier and convolution in turn", () => eachPooled(asLayerByLayer, 40));

  for (const [name, one] of LENET5) {
    test(`agree for LeNet-5's ${name} convolution`, () => {
      gradients(one);
      asLayerByLayer({ ...one, density: 1 });
    });
  }

  test("of a row of five with two channels are the offsets, gradients and sums written out by hand", () => {
    const conv = { channels: 2, height: 1, width: 5, kernelHeight: 1, kernelWidth: 2, strideHeight: 1, strideWidth: 1 };
    const one = pooledCase(
      { ...conv, outputs: 2, lanes: lanesOf(2) },
      { windowHeight: 1, windowWidth: 2, strideHeight: 1, strideWidth: 2 },
      { images: 2, style: "whole", seed: 0, offset: 0, density: 1 },
    );
    const dy = new Float32Array(32), winner = new Int32Array(32).fill(-1);
    // Output 0 has gradients in its first window, of which that of image 1 is not positive; output 1 one in its second, of image 1.
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
    // A pixel is 8 bytes and an image 40; three begins, and a word left over.
    const pairs = [8, bits[0], 40 + 16, bits[1]];
    for (const run of runs) {
      assertEquals(run.after(list).slice(0, 3), [0, 1, 2]);
      assertEquals(run.after(list).slice(4, 8), pairs);
    }

    const given = input(Int32Array.from(runs[0]!.after(list)));
    const dBias = output(2, "equal"), dWeight = output(8, "equal"), dImages = room(80 + SPARE);
    for (const run of compareKernel("eventBiasGradient", [given, dBias, shape])) {
      assertEquals(run.after(dBias), [2, -5]);
    }
    // Images of 0, 1, 2, ...: the window of the first event is 2 3 / 4 5, that of the second 14 15 / 16 17.
    const images = withSpare(Float32Array.from({ length: 80 }, (_, i) => i), SPARE);
    for (const run of compareKernel("eventWeightGradient", [input(images), given, dWeight, scratch(32), shape])) {
      assertEquals(run.after(dWeight), [2, 4, 3, 5, 14, 16, 15, 17].map((v, i) => (i < 4 ? 2 : -5) * v));
    }
    const weight = input(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    for (const run of compareKernel("eventInputGradient", [given, weight, dImages, scratch(36), shape])) {
      const expected = new Array(80).fill(0);
      expected.splice(2, 4, 2, 6, 4, 8);
      expected.splice(14, 4, -25, -35, -30, -40);
      assertEquals(run.after(dImages).slice(0, 80), expected);
    }
  });
});

everyKernelRan(events);
