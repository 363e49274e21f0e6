import fc from "fast-check";
import { describe, test } from "node:test";
import { type Kernels, lanesOf } from "../src/engine/kernels.ts";
import type { Machine } from "../src/engine/machine.ts";
import { living } from "../src/engine/reference/living.ts";
import { Random } from "../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, type Desk, DESKS, onEachDesk, REFERENCE_DESK } from "./kernel_desk.ts";
import {
  compareKernel,
  everyKernelRan,
  input,
  intOutput,
  output,
  ROUNDOFF,
  scratch,
  type Tensor,
  type Tolerance,
  updated,
} from "./kernel_harness.ts";
import {
  convRecord,
  type ConvShape,
  drawDensity,
  drawGradients,
  eachPooled,
  imagesOf,
  LENET5,
  type Pooled,
  poolRecord,
  SPARE,
  withSpare,
} from "./kernel_pooled.ts";
import { draw, drawLanes, holds, type Style, whole } from "./kernel_values.ts";

/** The kernels that take a list of living weights, and which of their arguments it is. */
const LIST_AT = {
  livingPooledConvForward: 5,
  livingEventWeightGradient: 3,
  livingEventInputGradient: 3,
  livingDenseForward: 4,
  livingDenseInputGradient: 3,
  livingDenseWeightGradient: 3,
} as const;

/** The list as the reference machine lays it out, and the other machines with their own lists in its place. */
interface Lists {
  given: Tensor;
  machines: [name: string, machine: Machine][];
}

/** A desk's machine whose kernels read its own list wherever another's is given, and work on the desk's room. */
function withOwnList(desk: Desk, own: number): Machine {
  const { machine } = desk;
  const kernels: Kernels = { ...machine.kernels };
  for (const name of Object.keys(LIST_AT) as (keyof typeof LIST_AT)[]) {
    const kernel = machine.kernels[name] as (...args: number[]) => void;
    kernels[name] = (...args: number[]) => kernel(...args.with(LIST_AT[name], own));
  }
  return {
    kernels,
    get floats() {
      return machine.floats;
    },
    get ints() {
      return machine.ints;
    },
    get bytes() {
      return machine.bytes;
    },
    allocate: (bytes) => desk.room(bytes / 4),
  };
}

/** Lists what a mask keeps on every machine, in no more room than there must be. */
function listsOf(mask: Int32Array, conv: ConvShape, offset: number): Lists {
  const words = conv.outputs * (conv.kernelHeight + 1) + 2 + 4 * mask.length;
  const list = scratch(words);
  const runs = compareKernel("listLiving", [input(mask, offset), list, input(convRecord(conv))]);
  assertEquals(runs[0]!.result, mask.filter((kept) => kept !== 0).length);
  const machines = DESKS.map((desk): [string, Machine] => {
    desk.clear();
    const own = desk.room(words);
    desk.kernels.listLiving(desk.put(mask, offset), own, desk.put(convRecord(conv)));
    return [desk.name, withOwnList(desk, own)];
  });
  return { given: input(Int32Array.from(runs[0]!.after(list))), machines };
}

/** Whole numbers add up exactly in any order; others differ by what rounding allows. */
function sumOf(terms: number, style: Style): Tolerance {
  return style === "whole" ? "equal" : { terms };
}

/** NaN where the mask does not keep the weight: nobody may read it, nor write it. */
function onlyLiving(values: Float32Array, mask: Int32Array): Float32Array {
  return values.map((value, i) => mask[i] === 0 ? NaN : value);
}

/** The values, and 0 where the mask does not keep the weight. */
function masked(values: Float32Array, mask: Int32Array): Float32Array {
  return values.map((value, i) => mask[i] === 0 ? 0 : value);
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
  const { given, machines } = listsOf(mask, conv, offset);
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
  const desk = REFERENCE_DESK;
  const pixels = imagesOf(x, one);
  desk.clear();
  const events = listEvents(desk, one, dy, winner);
  const positive = listEvents(desk, one, dy.map(Math.abs), winner).pointer;
  const at = {
    conv: desk.put(convRecord(conv)),
    images: desk.put(pixels.map(Math.abs)),
    weight: desk.put(weight.map(Math.abs)),
  };
  const sums = { weight: desk.room(one.weights), images: desk.room(pixels.length) };
  desk.kernels.eventWeightGradient(at.images, positive, sums.weight, 0, at.conv);
  desk.kernels.eventInputGradient(positive, at.weight, sums.images, 0, at.conv);
  const allowed = (pointer: number, terms: number, size: number): number[] =>
    Array.from(desk.floats(pointer, size), (sum) => style === "whole" ? 0 : (terms + 4) * ROUNDOFF * sum);

  const list = input(desk.ints(events.pointer, events.words));
  compareKernel("livingEventWeightGradient", [
    input(withSpare(pixels, SPARE)),
    list,
    livingGradient(mask, allowed(sums.weight, events.count, one.weights), offset),
    given,
    shape,
  ], machines);
  compareKernel("livingEventInputGradient", [
    list,
    input(weight, offset),
    output(pixels.length, allowed(sums.images, one.weights / conv.channels * one.places, pixels.length)),
    given,
    shape,
  ], machines);
}

/** Lists events on a desk: where they are, how many words they take and how many they are. */
function listEvents(
  desk: Desk,
  one: Pooled,
  dy: Float32Array,
  winner: Int32Array,
): { pointer: number; words: number; count: number } {
  const pointer = desk.room(one.firstEvent + 2 * (dy.length + 1));
  const conv = desk.put(convRecord(one.conv)), pool = desk.put(poolRecord(one.pool));
  desk.kernels.winnerEvents(desk.put(dy), desk.put(winner), pointer, desk.room(one.places + 1), conv, pool);
  const count = desk.ints(pointer, one.conv.outputs + 1)[one.conv.outputs]!;
  return { pointer, words: one.firstEvent + 2 * count, count };
}

/** Throws unless each machine's kernels of a pooled convolution give what its dense ones give with masked weights of 0. */
function pooledAsDense(one: Pooled): void {
  const { conv, images, seed, offset, density } = one;
  const random = new Random(seed);
  const mask = drawDensity(random, one.weights, density);
  const x = drawLanes(random, one.x, images, "fine", 1);
  const weight = draw(random, one.weights, "fine");
  const bias = draw(random, conv.outputs, "fine");
  const dy = drawGradients(random, { ...one, style: "fine", density: random.uniform() });
  const count = dy.length;
  const size = one.x * conv.lanes;
  onEachDesk((desk) => {
    const { kernels, name } = desk;
    const at = {
      x: desk.put(x),
      living: desk.put(onlyLiving(weight, mask), offset),
      zeroed: desk.put(masked(weight, mask), offset),
      bias: seed % 2 === 0 ? 0 : desk.put(bias, offset),
      conv: desk.put(convRecord(conv)),
      pool: desk.put(poolRecord(one.pool)),
      scratch: desk.room(one.scratch),
      list: desk.room(one.living),
    };
    kernels.listLiving(desk.put(mask, offset), at.list, at.conv);
    const before = desk.ints(at.list, one.living);

    const [y, winner, ownY, ownWinner] = [count, count, count, count].map((words) => desk.room(words)) as Four;
    kernels.pooledConvForward(at.x, at.zeroed, at.bias, y, winner, at.scratch, at.conv, at.pool);
    kernels.livingPooledConvForward(
      at.x,
      at.living,
      at.bias,
      ownY,
      ownWinner,
      at.list,
      at.scratch,
      at.conv,
      at.pool,
    );
    assertSameBits(desk.ints(ownY, count), desk.ints(y, count), `y on ${name}`);
    assertSameBits(desk.ints(ownWinner, count), desk.ints(winner, count), `winner on ${name}`);

    const events = listEvents(desk, one, dy, desk.ints(winner, count)).pointer;
    const pixels = desk.put(withSpare(imagesOf(x, one), SPARE));
    const [dWeight, ownDWeight] = [desk.room(one.weights, offset), desk.room(one.weights, offset)];
    const left = desk.ints(ownDWeight, one.weights);
    kernels.eventWeightGradient(pixels, events, dWeight, desk.room(32), at.conv);
    kernels.livingEventWeightGradient(pixels, events, ownDWeight, at.list, at.conv);
    assertLivingBits(desk, [ownDWeight, dWeight], left, mask);

    const [dImages, ownDImages] = [desk.room(size + SPARE), desk.room(size)];
    kernels.eventInputGradient(
      events,
      at.zeroed,
      dImages,
      desk.room(conv.kernelWidth * conv.channels + 32),
      at.conv,
    );
    kernels.livingEventInputGradient(events, at.living, ownDImages, at.list, at.conv);
    assertSameBits(desk.ints(ownDImages, size), desk.ints(dImages, size), `dImages on ${name}`);
    assertSameBits(desk.ints(at.list, one.living), before, `the list afterwards on ${name}`);
  });
}

type Four = [number, number, number, number];

/** Throws unless the first gradient is the second where the mask keeps the weight, and what it was before elsewhere. */
function assertLivingBits(desk: Desk, [actual, dense]: [number, number], left: Int32Array, mask: Int32Array): void {
  const right = desk.ints(dense, mask.length).map((word, i) => mask[i] === 0 ? left[i]! : word);
  assertSameBits(desk.ints(actual, mask.length), right, `dWeight on ${desk.name}`);
}

interface Dense {
  inputs: number;
  outputs: number;
  images: number;
  style: Style;
  seed: number;
  word: number;
  density: number;
}

const DENSE: { [Name in keyof Dense]: fc.Arbitrary<Dense[Name]> } = {
  inputs: whole(1, 60),
  outputs: whole(1, 21),
  images: whole(1, 40),
  style: fc.constantFrom<Style>("fine", "whole"),
  seed: fc.nat(),
  word: whole(0, 3),
  density: fc.constantFrom(0, 0.05, 0.5, 1),
};

/** The first and the last of LeNet-5's fully connected layers. */
const LENET5_DENSE: readonly Dense[] = [[400, 120], [84, 10]].map(([inputs, outputs]) => (
  { inputs: inputs!, outputs: outputs!, images: 33, style: "fine", seed: 1, word: 0, density: 0.05 }
));

/** A dense layer as a 1x1 convolution over 1x1 pixels. */
function denseShape({ inputs, outputs, images }: Dense): ConvShape {
  const ones = { height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1 };
  return { ...ones, channels: inputs, outputs, lanes: lanesOf(images) };
}

/** Compares the kernels of a dense layer with their definition. */
function dense(one: Dense): void {
  const { inputs, outputs, images, style, seed, word, density } = one;
  const random = new Random(seed);
  const conv = denseShape(one);
  const { lanes } = conv;
  const shape = input(convRecord(conv));
  const mask = drawDensity(random, inputs * outputs, density);
  const { given, machines } = listsOf(mask, conv, 4 * word);
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

/** Throws unless each machine's kernels of a dense layer give what its dense ones give with masked weights of 0. */
function denseAsDense(one: Dense): void {
  const { inputs, outputs, images, seed, word, density } = one;
  const random = new Random(seed);
  const conv = denseShape(one);
  const { lanes } = conv;
  const mask = drawDensity(random, inputs * outputs, density);
  const weight = draw(random, mask.length, "fine");
  const bias = draw(random, outputs, "fine");
  const x = drawLanes(random, inputs, images, "fine", 1);
  const dy = drawLanes(random, outputs, images, "fine", 0);
  onEachDesk((desk) => {
    const { kernels, name } = desk;
    const at = {
      x: desk.put(x),
      dy: desk.put(dy),
      living: desk.put(onlyLiving(weight, mask), 4 * word),
      zeroed: desk.put(masked(weight, mask), 4 * word),
      bias: seed % 2 === 0 ? 0 : desk.put(bias, 4 * word),
      conv: desk.put(convRecord(conv)),
      list: desk.room(outputs * 2 + 2 + 4 * mask.length),
    };
    kernels.listLiving(desk.put(mask, 4 * word), at.list, at.conv);
    const [y, ownY] = [desk.room(outputs * lanes), desk.room(outputs * lanes)];
    kernels.denseForward(at.x, at.zeroed, at.bias, y, inputs, outputs, lanes);
    kernels.livingDenseForward(at.x, at.living, at.bias, ownY, at.list, desk.room(2 * inputs), at.conv);
    assertSameBits(desk.ints(ownY, outputs * lanes), desk.ints(y, outputs * lanes), `y on ${name}`);

    const [dx, ownDx] = [desk.room(inputs * lanes), desk.room(inputs * lanes)];
    kernels.denseInputGradient(at.dy, at.zeroed, dx, inputs, outputs, lanes);
    kernels.livingDenseInputGradient(at.dy, at.living, ownDx, at.list, at.conv);
    assertSameBits(desk.ints(ownDx, inputs * lanes), desk.ints(dx, inputs * lanes), `dx on ${name}`);

    const [dWeight, ownDWeight] = [desk.room(mask.length, 4 * word), desk.room(mask.length, 4 * word)];
    const left = desk.ints(ownDWeight, mask.length);
    kernels.denseWeightGradient(at.x, at.dy, dWeight, inputs, outputs, lanes);
    kernels.livingDenseWeightGradient(at.x, at.dy, ownDWeight, at.list, at.conv);
    assertLivingBits(desk, [ownDWeight, dWeight], left, mask);
  });
}

describe("the kernels of living weights on every engine", () => {
  test("agree with their definition for any pooled convolution", () => eachPooled(pooled));
  test("agree with their definition for any dense layer", () => holds(DENSE, dense, 30));

  test("give to the last bit what the dense kernels give for a pooled convolution whose masked weights are 0", () =>
    eachPooled(pooledAsDense, 40));
  test("give to the last bit what the dense kernels give for a dense layer whose masked weights are 0", () =>
    holds(DENSE, denseAsDense, 40));

  for (const [name, one] of LENET5) {
    test(`agree for LeNet-5's ${name} convolution, of which 5 % is left`, () => {
      pooled(one);
      pooledAsDense(one);
    });
  }

  test("agree for LeNet-5's fully connected layers, of which 5 % is left", () => {
    for (const one of LENET5_DENSE) {
      dense(one);
      denseAsDense(one);
    }
  });
});

everyKernelRan(living);
