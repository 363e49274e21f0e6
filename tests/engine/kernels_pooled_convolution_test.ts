import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { pooledConvolution } from "../../src/engine/cpu/reference/pooled_convolution.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, onEachDesk } from "../support/kernel_desk.ts";
import { compareKernel, everyKernelRan, input, intOutput, output, scratch } from "../support/kernel_harness.ts";
import { convRecord, eachPooled, LENET5, type Pooled, pooledCase, poolRecord } from "../support/kernel_pooled.ts";
import { draw, drawLanes } from "../support/kernel_values.ts";

function forward(one: Pooled, withBias: boolean, withWinner: boolean): void {
  const { conv, pool, images, style, seed, offset } = one;
  const random = new Random(seed);
  const count = one.pooled * conv.lanes;
  compareKernel("pooledConvForward", [
    input(drawLanes(random, one.x, images, style, 1)),
    input(draw(random, one.weights, style), offset),
    withBias ? input(draw(random, conv.outputs, style), offset) : 0,
    output(count, style === "whole" ? "equal" : { terms: one.window + 1 }),
    // Rounding may decide between two that are nearly equal: then the winners are another's than the reference's.
    !withWinner ? 0 : style === "whole" ? intOutput(count) : scratch(count),
    scratch(one.scratch),
    input(convRecord(conv)),
    input(poolRecord(pool)),
  ]);
}

/** Throws unless each machine gives what its convolution, its rectifier and its pooling give one after the other. */
function inTurn(one: Pooled, withBias: boolean): void {
  const { conv, pool, images, style, seed, offset } = one;
  const count = one.pooled * conv.lanes;
  const random = new Random(seed);
  const x = drawLanes(random, one.x, images, style, 1);
  const weight = draw(random, one.weights, style);
  const bias = draw(random, conv.outputs, style);
  onEachDesk((desk) => {
    const { kernels, name } = desk;
    const at = {
      x: desk.put(x),
      weight: desk.put(weight, offset),
      bias: withBias ? desk.put(bias, offset) : 0,
      conv: desk.put(convRecord(conv)),
      pool: desk.put(poolRecord(pool)),
    };
    const y = desk.room(one.convolved * conv.lanes);
    kernels.conv2dForward(at.x, at.weight, at.bias, y, desk.room(7 * one.window), at.conv);
    kernels.reluForward(y, y, one.convolved * conv.lanes);
    const most = desk.room(count), winner = desk.room(count);
    kernels.maxPoolForward(y, most, winner, at.pool);
    const maxima = desk.floats(most, count);
    const winners = desk.ints(winner, count).map((place, i) => maxima[i]! > 0 ? place : -1);

    const pooled = desk.room(count), place = desk.room(count), own = desk.room(one.scratch);
    kernels.pooledConvForward(at.x, at.weight, at.bias, pooled, place, own, at.conv, at.pool);
    assertSameBits(desk.ints(pooled, count), desk.ints(most, count), `y on ${name}`);
    assertSameBits(desk.ints(place, count), winners, `winner on ${name}`);

    const alone = desk.room(count);
    kernels.pooledConvForward(at.x, at.weight, at.bias, alone, 0, own, at.conv, at.pool);
    assertSameBits(desk.ints(alone, count), desk.ints(most, count), `y without a winner on ${name}`);
  });
}

describe("the pooled convolution on every engine", () => {
  test("agrees with its definition for any shape, with a bias", () => eachPooled((one) => forward(one, true, true)));
  test("agrees with its definition for any shape, without a bias", () =>
    eachPooled((one) => forward(one, false, true)));
  test("agrees with its definition where nobody asks for winners", () =>
    eachPooled((one) => forward(one, one.seed % 2 === 0, false), 15));

  test("is convolution, rectifier and pooling in turn, to the last bit, with a bias", () =>
    eachPooled((one) => inTurn(one, true)));
  test("is convolution, rectifier and pooling in turn, to the last bit, without a bias", () =>
    eachPooled((one) => inTurn(one, false)));

  for (const [name, one] of LENET5) {
    test(`agrees for LeNet-5's ${name} convolution, and is the three in turn`, () => {
      forward({ ...one, style: "whole" }, true, true);
      inTurn(one, true);
    });
  }

  test("of a row of five, windows of three that share one give the maxima and winners written out by hand", () => {
    const conv = { channels: 1, height: 1, width: 5, outputs: 2, kernelHeight: 1, kernelWidth: 1, strideHeight: 1 };
    const one = pooledCase(
      { ...conv, strideWidth: 1, lanes: lanesOf(1) },
      { windowHeight: 1, windowWidth: 3, strideHeight: 1, strideWidth: 2 },
      { images: 1, style: "whole", seed: 0, offset: 0, density: 1 },
    );
    const x = Float32Array.from({ length: 40 }, (_, i) => [1, 4, 4, -1, 3][Math.floor(i / 8)]!);
    const y = output(32, "equal"), winner = intOutput(32);
    const runs = compareKernel("pooledConvForward", [
      input(x),
      input(Float32Array.of(2, -1)),
      input(Float32Array.of(-2, 0)),
      y,
      winner,
      scratch(one.scratch),
      input(convRecord(one.conv)),
      input(poolRecord(one.pool)),
    ]);
    for (const run of runs) {
      const first = (values: number[]): number[] => values.filter((_, i) => i % 8 === 0);
      // The first output sees 0 6 6 -4 4, the second -1 -4 -4 1 -3.
      assertEquals(first(run.after(y)), [6, 6, 0, 1]);
      assertEquals(first(run.after(winner)), [1, 0, -1, 1]);
    }
  });
});

everyKernelRan(pooledConvolution);
