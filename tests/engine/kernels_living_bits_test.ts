import { describe, test } from "node:test";
import { Random } from "../../src/random/threefry.ts";
import { assertSameBits, type Desk, onEachDesk } from "../support/kernel_desk.ts";
import { listEvents } from "../support/kernel_events.ts";
import {
  DENSE,
  type Dense,
  denseShape,
  LENET5_DENSE,
  listWords,
  masked,
  onlyLiving,
} from "../support/kernel_living.ts";
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
import { draw, drawLanes, holds } from "../support/kernel_values.ts";

/**
 * Throws unless each machine's kernels of a pooled convolution give what its dense ones give with masked weights of 0.
 */
function pooledAsDense(one: Pooled): void {
  const { conv, images, seed, offset, density } = one;
  const random = new Random(seed);
  const mask = drawDensity(random, one.weights, density);
  const x = drawLanes(random, one.x, images, "fine", 1);
  const weight = draw(random, one.weights, "fine");
  const bias = draw(random, conv.outputs, "fine");
  const dy = drawGradients(random, { ...one, style: "fine", density: random.uniform() });
  const count = dy.length;
  const words = { list: listWords("listLiving", conv), passes: listWords("listLivingPasses", conv) };
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
      list: desk.room(words.list),
      passes: desk.room(words.passes),
    };
    kernels.listLiving(desk.put(mask, offset), at.list, at.conv);
    kernels.listLivingPasses(desk.put(mask, offset), at.passes, at.conv);
    const before = [desk.ints(at.list, words.list), desk.ints(at.passes, words.passes)];

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
    const pixels = desk.put(imagesOf(x, one));
    const [dWeight, ownDWeight] = [desk.room(one.weights, offset), desk.room(one.weights, offset)];
    const left = desk.ints(ownDWeight, one.weights);
    kernels.eventWeightGradient(pixels, events, dWeight, desk.room(40), at.conv);
    kernels.livingEventWeightGradient(pixels, events, ownDWeight, at.passes, at.conv);
    assertLivingBits(desk, [ownDWeight, dWeight], left, mask);

    const [dImages, ownDImages] = [desk.room(one.imageFloats), desk.room(one.imageFloats)];
    kernels.eventInputGradient(events, at.zeroed, dImages, desk.room(one.inputGradientScratch), at.conv);
    kernels.livingEventInputGradient(events, at.living, ownDImages, at.passes, desk.room(80), at.conv);
    const [sparse, dense] = [ownDImages, dImages].map((at) => withoutSpare(desk.floats(at, one.imageFloats), one));
    assertSameBits(new Int32Array(sparse!.buffer), new Int32Array(dense!.buffer), `dImages on ${name}`);
    assertSameBits(desk.ints(at.list, words.list), before[0]!, `the list afterwards on ${name}`);
    assertSameBits(desk.ints(at.passes, words.passes), before[1]!, `the list of passes afterwards on ${name}`);
  });
}

type Four = [number, number, number, number];

/** Throws unless the first gradient is the second where the mask keeps the weight, and what it was before elsewhere. */
function assertLivingBits(desk: Desk, [actual, dense]: [number, number], left: Int32Array, mask: Int32Array): void {
  const right = desk.ints(dense, mask.length).map((word, i) => mask[i] === 0 ? left[i]! : word);
  assertSameBits(desk.ints(actual, mask.length), right, `dWeight on ${desk.name}`);
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
      list: desk.room(listWords("listLiving", conv)),
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

describe("the kernels of living weights give to the last bit what the dense ones give with masked weights of 0", () => {
  test("for any pooled convolution", () => eachPooled(pooledAsDense, 60));
  test("for any dense layer", () => holds(DENSE, denseAsDense, 60));

  for (const [name, one] of LENET5) {
    test(`for LeNet-5's ${name} convolution`, () => pooledAsDense(one));
  }
  test("for LeNet-5's fully connected layers", () => LENET5_DENSE.forEach(denseAsDense));
});
