import { describe, test } from "node:test";
import { Random } from "../../src/random/threefry.ts";
import { assertWithin, type Desk, onEachDesk } from "../support/kernel_desk.ts";
import { absolute, listEvents, rounding, termsOfPixel } from "../support/kernel_events.ts";
import { convRecord, drawGradients, eachPooled, LENET5, type Pooled, poolRecord } from "../support/kernel_pooled.ts";
import { draw, drawLanes } from "../support/kernel_values.ts";

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
  kernels.conv2dForward(desk.put(x), desk.put(weight), 0, y, desk.room(7 * one.window), at.conv);
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
  const list = listEvents(desk, one, dy, desk.ints(winner, one.pooled * conv.lanes)).pointer;
  const images = desk.room(one.imageFloats), dImages = desk.room(one.imageFloats);
  const bias = desk.room(conv.outputs), dWeight = desk.room(one.weights), dx = desk.room(size);
  kernels.toImages(at.x, images, conv.channels, pixels, conv.lanes);
  kernels.eventBiasGradient(list, bias, at.conv);
  kernels.eventWeightGradient(images, list, dWeight, desk.room(40), at.conv);
  kernels.eventInputGradient(list, at.weight, dImages, desk.room(one.inputGradientScratch), at.conv);
  kernels.fromImages(dImages, dx, conv.channels, pixels, conv.lanes);
  return {
    bias: desk.floats(bias, conv.outputs),
    weight: desk.floats(dWeight, one.weights),
    input: desk.floats(dx, size),
  };
}

/** Throws unless events give what the gradients of the three layers in turn give. */
function asLayerByLayer(one: Pooled): void {
  const { conv, images, style, seed } = one;
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
      input: termsOfPixel(one),
    };
    for (const name of ["bias", "weight", "input"] as const) {
      const allowed = rounding(style, terms[name], sums[name]);
      assertWithin(actual[name], expected[name], (i) => 2 * allowed[i]!, `the ${name} gradient on ${desk.name}`);
    }
  });
}

describe("the gradients of a pooled convolution by events, on every engine", () => {
  test("are those of pooling, rectifier and convolution in turn", () => eachPooled(asLayerByLayer, 40));

  for (const [name, one] of LENET5) {
    test(`are those in turn for LeNet-5's ${name} convolution`, () => asLayerByLayer({ ...one, density: 1 }));
  }
});
