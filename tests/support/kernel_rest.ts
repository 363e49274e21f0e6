/**
 * The kernels whose work is in shares and that are no convolution's and no dense layer's: poolings, losses, updates,
 * and what goes element by element.
 */
import type { Pooled } from "./kernel_pooled.ts";
import { drawGradients, poolRecord } from "./kernel_pooled.ts";
import type { Call, Results } from "./kernel_shares.ts";
import type { Desk } from "./kernel_desk.ts";
import { draw, drawLanes, drawMask } from "./kernel_values.ts";
import { elementwise } from "../../src/engine/cpu/reference/elementwise.ts";
import { ReferenceMemory } from "../../src/engine/cpu/reference/memory.ts";
import { bestBuild, kernelsInShares } from "../../src/engine/cpu/wasm/module.ts";
import { Random } from "../../src/random/threefry.ts";
import { wasmModule } from "./wasm_machine.ts";

const ELEMENTWISE_KERNELS = Object.keys(elementwise(new ReferenceMemory())) as (keyof ReturnType<typeof elementwise>)[];

/** All of them in turn, over the tensors of a pooling and over as many elements as make some shares. */
export function rest(one: Pooled, desk: Desk, call: Call, record: (values: Int32Array) => number): Results {
  const { conv: { lanes, channels, height, width }, images, style, seed, offset, pool } = one;
  const random = new Random(seed, 1), results: Results = [];
  const keep = (what: string, pointer: number, words: number) => results.push([what, desk.ints(pointer, words)]);
  const full = one.convolved * lanes, pooled = one.pooled * lanes, size = one.x * lanes;

  const pooling = record(poolRecord(pool)), convolved = desk.put(drawLanes(random, one.convolved, images, style, 0));
  const dPooled = desk.put(drawGradients(random, one));
  const most = desk.room(pooled), winner = desk.room(pooled), dMost = desk.room(full);
  call("maxPoolForward", convolved, most, winner, pooling);
  keep("maxPoolForward", most, pooled), keep("winners of maxPoolForward", winner, pooled);
  call("maxPoolGradient", dPooled, winner, dMost, pooling);
  keep("maxPoolGradient", dMost, full);
  const mean = desk.room(pooled), dMean = desk.room(full);
  call("averagePoolForward", convolved, mean, pooling);
  keep("averagePoolForward", mean, pooled);
  call("averagePoolGradient", dPooled, dMean, pooling);
  keep("averagePoolGradient", dMean, full);

  const units = channels, perUnit = height * width, normed = desk.room(size), dNormed = desk.room(size);
  const unitwise = () => desk.put(draw(random, units, style)), sums = [desk.room(units), desk.room(units)] as const;
  const batch = [desk.room(units), desk.room(units)] as const, gamma = unitwise(), beta = unitwise();
  const plain = desk.put(drawLanes(random, one.x, images, style, 1));
  const slope = desk.put(drawLanes(random, one.x, images, style, 0));
  call("batchStatistics", plain, ...batch, units, perUnit, images, lanes);
  keep("means of batchStatistics", batch[0], units), keep("variances of batchStatistics", batch[1], units);
  call("batchNormForward", plain, ...batch, gamma, beta, normed, units, perUnit, lanes, 1e-3);
  keep("batchNormForward", normed, size);
  call("batchNormParameterGradients", plain, ...batch, slope, ...sums, units, perUnit, lanes, 1e-3);
  for (const sum of sums) keep("batchNormParameterGradients", sum, units);
  call("batchNormInputGradient", plain, ...batch, gamma, ...sums, slope, dNormed, units, perUnit, images, lanes, 1e-3);
  keep("batchNormInputGradient", dNormed, size);

  const classes = 1 + random.integer(12), lanewise = classes * lanes, losses = desk.room(lanes);
  const logits = desk.put(drawLanes(random, classes, images, style, 1)), dLogits = desk.room(lanewise);
  const labels = desk.put(Int32Array.from({ length: lanes }, () => random.integer(classes)));
  const targets = desk.put(drawLanes(random, classes, images, "fine", 0).map(Math.abs));
  call("softmaxCrossEntropy", logits, labels, dLogits, losses, classes, images, lanes);
  keep("softmaxCrossEntropy", dLogits, lanewise), keep("losses of softmaxCrossEntropy", losses, lanes);
  call("softmaxCrossEntropyOneHot", logits, targets, dLogits, losses, classes, images, lanes);
  keep("softmaxCrossEntropyOneHot", dLogits, lanewise), keep("losses of softmaxCrossEntropyOneHot", losses, lanes);
  call("squaredError", logits, targets, dLogits, losses, classes, images, lanes);
  keep("squaredError", dLogits, lanewise), keep("losses of squaredError", losses, lanes);
  call("featureLoss", logits, targets, dLogits, losses, classes, images, lanes, 0.5);
  keep("featureLoss", dLogits, lanewise), keep("losses of featureLoss", losses, lanes);

  const x = desk.put(drawLanes(random, one.x, images, style, 0)), dx = desk.put(draw(random, size, style));
  call("imagePriors", x, dx, losses, channels, height, width, lanes, 0.25, 0.5, 0.125);
  keep("imagePriors", dx, size), keep("losses of imagePriors", losses, lanes);
  const pixels = desk.put(Int32Array.from({ length: Math.ceil(7 * one.x / 4) }, () => random.bits()));
  const indices = desk.put(Int32Array.from({ length: lanes }, () => random.integer(7))), input = desk.room(size);
  call("gather", pixels, indices, input, images, one.x, lanes, 1 / 255);
  keep("gather", input, size);

  const count = 1 + random.integer(20_000), fours = 4 * Math.ceil(count / 4);
  const some = () => desk.put(draw(random, fours, style)), ones = () => desk.put(draw(random, count, style), offset);
  const a = some(), b = some(), out = desk.room(fours);
  const slopes = desk.room(fours), inShares = kernelsInShares(wasmModule(bestBuild));
  for (const name of ELEMENTWISE_KERNELS.filter((name) => inShares.includes(name))) {
    if (name.endsWith("Forward")) call(name, a, out, fours);
    else call(name, a, b, slopes, fours);
    keep(name, name.endsWith("Forward") ? out : slopes, fours);
  }
  const dropped = desk.room(size);
  call("dropout", x, dropped, one.x, lanes, seed, 7, 3, 2 ** 31, 2);
  keep("dropout", dropped, size);
  call("signStep", a, b, fours, 0.25, -1, 1);
  keep("signStep", a, fours);
  const means = some(), squares = desk.put(draw(random, fours, style).map(Math.abs));
  call("adamStep", a, b, means, squares, fours, 0.03, 0.9, 0.999, 1e-8, 2, 3, -1, 1);
  for (const [what, at] of [["x", a], ["m", means], ["v", squares]] as const) keep(`${what} of adamStep`, at, fours);

  const weight = ones(), gradient = ones(), velocity = ones(), pull = ones(), sum = desk.room(count, offset);
  const mask = desk.put(drawMask(random, count), offset);
  call("sgd", weight, gradient, mask, pull, count, 0.5);
  keep("sgd", weight, count);
  call("momentum", weight, gradient, velocity, mask, 0, count, 0.5, 0.75);
  keep("momentum", weight, count), keep("velocity of momentum", velocity, count);
  call("applyMask", gradient, mask, count);
  keep("applyMask", gradient, count);
  call("scaledSum", weight, gradient, sum, count, 0.5);
  keep("scaledSum", sum, count);
  return results;
}
