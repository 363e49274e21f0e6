import { describe, test } from "node:test";
import type { KernelName } from "../../src/engine/cpu/kernels.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { wasmMachine, wasmModule } from "../support/wasm_machine.ts";
import { kernelsInShares, type WasmBuild } from "../../src/engine/cpu/wasm/module.ts";
import { Random } from "../../src/random/threefry.ts";
import { BUILDS } from "../support/engines.ts";
import { noThreads } from "../support/here.ts";
import { assert, assertEquals } from "#std/assert";
import { assertSameBits, Desk } from "../support/kernel_desk.ts";
import { eventWords, usedWords } from "../support/kernel_events.ts";
import { DENSE, type Dense, denseShape, listWords, masked } from "../support/kernel_living.ts";
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
import { rest } from "../support/kernel_rest.ts";
import type { Call, Results, Work } from "../support/kernel_shares.ts";
import { Team } from "../support/kernel_threads.ts";
import { draw, drawLanes, holds } from "../support/kernel_values.ts";

/** The kernels of a convolution, pooled and alone, each with what the ones before it gave. */
function convolutions(one: Pooled, desk: Desk, call: Call, record: (values: Int32Array) => number): Results {
  const { conv: shape, pixels, images, style, seed, offset } = one;
  const random = new Random(seed), { threads } = desk.machine;
  const mask = drawDensity(random, one.weights, one.density);
  const x = drawLanes(random, one.x, images, style, 1);
  const weight = desk.put(masked(draw(random, one.weights, style), mask), offset);
  const bias = desk.put(draw(random, shape.outputs, style), offset);
  const dy = desk.put(drawGradients(random, { ...one, density: random.uniform() }));
  const dConv = desk.put(drawLanes(random, one.convolved, images, style, 0));
  const conv = record(convRecord(shape)), pool = record(poolRecord(one.pool));
  const at = desk.put(x), size = one.x * shape.lanes, count = one.pooled * shape.lanes;
  const full = one.convolved * shape.lanes;
  const results: Results = [];
  const own = (words: number) => desk.room(threads * words);
  const keep = (what: string, pointer: number, words: number) => results.push([what, desk.ints(pointer, words)]);
  const keepImages = (what: string, pointer: number) => {
    const held = withoutSpare(desk.floats(pointer, one.imageFloats), one);
    results.push([what, new Int32Array(held.buffer)]);
  };

  const living = desk.room(listWords("listLiving", shape)), passes = desk.room(listWords("listLivingPasses", shape));
  desk.kernels.listLiving(desk.put(mask, offset), living, conv);
  desk.kernels.listLivingPasses(desk.put(mask, offset), passes, conv);

  const y = desk.room(full), dx = desk.room(size), dWeight = desk.room(one.weights, offset);
  call("conv2dForward", at, weight, bias, y, own(7 * one.window), conv);
  keep("conv2dForward", y, full);
  call("conv2dInputGradient", dConv, weight, dx, own(one.weights + 16), conv);
  keep("conv2dInputGradient", dx, size);
  call("conv2dWeightGradient", at, dConv, dWeight, conv);
  keep("conv2dWeightGradient", dWeight, one.weights);

  const squares = desk.put(new Float32Array(shape.lanes));
  call("convExampleSquares", at, dConv, squares, own(4 * (one.x + 2 * one.convolved / shape.outputs)), 1, conv);
  keep("convExampleSquares", squares, shape.lanes);
  call("clipExamples", dConv, squares, one.convolved, images, shape.lanes, 2);
  keep("clipExamples", dConv, full);

  const most = desk.room(count), winner = desk.room(count), most2 = desk.room(count), winner2 = desk.room(count);
  call("pooledConvForward", at, weight, bias, most, winner, own(one.scratch), conv, pool);
  keep("pooledConvForward", most, count), keep("winners of pooledConvForward", winner, count);
  call("livingPooledConvForward", at, weight, bias, most2, winner2, living, own(one.scratch), conv, pool);
  keep("livingPooledConvForward", most2, count), keep("winners of livingPooledConvForward", winner2, count);

  const events = desk.room(eventWords(one));
  call("winnerEvents", dy, winner, events, own(one.places + 1), conv, pool);
  for (const words of usedWords(desk.ints(events, eventWords(one)), one)) results.push(["winnerEvents", words]);

  const pixelsAt = desk.room(one.imageFloats), inputs = desk.put(imagesOf(x, one));
  call("toImages", at, pixelsAt, shape.channels, pixels, shape.lanes);
  keepImages("toImages", pixelsAt);
  const sums = desk.room(one.weights, offset), livingSums = desk.put(new Float32Array(one.weights), offset);
  call("eventWeightGradient", inputs, events, sums, own(40), conv);
  keep("eventWeightGradient", sums, one.weights);
  call("livingEventWeightGradient", inputs, events, livingSums, passes, conv);
  keep("livingEventWeightGradient", livingSums, one.weights);

  const dImages = desk.room(one.imageFloats), livingImages = desk.room(one.imageFloats), back = desk.room(size);
  call("eventInputGradient", events, weight, dImages, own(one.inputGradientScratch), conv);
  keepImages("eventInputGradient", dImages);
  call("livingEventInputGradient", events, weight, livingImages, passes, own(80), conv);
  keepImages("livingEventInputGradient", livingImages);
  call("fromImages", dImages, back, shape.channels, pixels, shape.lanes);
  keep("fromImages", back, size);
  return results;
}

/** The kernels of a dense layer. */
function denses(one: Dense, desk: Desk, call: Call, record: (values: Int32Array) => number): Results {
  const { inputs, outputs, images, style, seed, word } = one;
  const random = new Random(seed), offset = 4 * word, shape = denseShape(one), { lanes } = shape;
  const mask = drawDensity(random, inputs * outputs, one.density);
  const weight = desk.put(masked(draw(random, mask.length, style), mask), offset);
  const bias = desk.put(draw(random, outputs, style), offset), conv = record(convRecord(shape));
  const x = desk.put(drawLanes(random, inputs, images, style, 1));
  const dy = desk.put(drawLanes(random, outputs, images, style, 0));
  const living = desk.room(listWords("listLiving", shape));
  desk.kernels.listLiving(desk.put(mask, offset), living, conv);
  const results: Results = [];
  const y = desk.room(outputs * lanes), dx = desk.room(inputs * lanes);
  const keep = (what: string, pointer: number, words: number) => results.push([what, desk.ints(pointer, words)]);
  call("denseForward", x, weight, bias, y, inputs, outputs, lanes);
  keep("denseForward", y, outputs * lanes);
  call("denseInputGradient", dy, weight, dx, inputs, outputs, lanes);
  keep("denseInputGradient", dx, inputs * lanes);
  const sums = desk.room(mask.length, offset), livingSums = desk.put(new Float32Array(mask.length), offset);
  call("denseWeightGradient", x, dy, sums, inputs, outputs, lanes);
  keep("denseWeightGradient", sums, mask.length);
  const squares = desk.put(new Float32Array(lanes)), added = desk.room(mask.length, offset);
  call("denseExampleSquares", x, dy, squares, inputs, outputs, 1, lanes);
  keep("denseExampleSquares", squares, lanes);
  call("scaledSum", weight, sums, added, mask.length, 0.5);
  keep("scaledSum", added, mask.length);
  const livingY = desk.room(outputs * lanes), livingDx = desk.room(inputs * lanes);
  call("livingDenseForward", x, weight, bias, livingY, living, desk.room(desk.machine.threads * 2 * inputs), conv);
  keep("livingDenseForward", livingY, outputs * lanes);
  call("livingDenseInputGradient", dy, weight, livingDx, living, conv);
  keep("livingDenseInputGradient", livingDx, inputs * lanes);
  call("livingDenseWeightGradient", x, dy, livingSums, living, conv);
  keep("livingDenseWeightGradient", livingSums, mask.length);
  return results;
}

/**
 * Records of shapes beside a desk's room: a thread that comes late may still read them, so they are never written over.
 */
function recordsOf(machine: Machine): (values: Int32Array) => number {
  return (values) => {
    const pointer = machine.allocate(values.byteLength);
    machine.ints.set(values, pointer / 4);
    return pointer;
  };
}

/**
 * Checks that work gives the same bits on one thread, on all together, and on the others while the calling one takes no
 * share; and keeps in mind which kernels it checked.
 */
function comparison(
  build: WasmBuild,
  team: Team,
  checked: Set<KernelName>,
): <Case>(work: Work<Case>, one: Case) => void {
  const single = new Desk("one thread", wasmMachine(build)), many = new Desk("several threads", team.machine);
  const recordAlone = recordsOf(single.machine), record = recordsOf(team.machine);
  return (work, one) => {
    const run = (desk: Desk, call: Call, place: (values: Int32Array) => number): Results => {
      desk.clear();
      const results = work(one, desk, call, place);
      desk.checkGaps();
      return results;
    };
    const by = (desk: Desk): Call => (name, ...given) =>
      void (desk.kernels[name] as (...given: number[]) => void)(...given);
    const expected = run(single, by(single), recordAlone);
    const shares: number[] = [];
    const together = run(many, (name, ...given) => {
      assert(team.shares(name), `${name} is done by one thread alone`);
      checked.add(name);
      const before = many.contents();
      team.late(name, ...given);
      assertSameBits(many.contents(), before, `what ${name} leaves, done by a thread that comes late`);
      by(many)(name, ...given);
      shares.push(team.lastShares);
    }, record);
    const others = run(many, (name, ...given) => team.others(name, shares.shift()!, ...given), record);
    // Without the checks in between, so that the others are still awake.
    const swiftly = run(many, by(many), record);
    const runs = [["all threads", together], ["the other threads", others], ["all threads, swiftly", swiftly]] as const;
    for (const [who, results] of runs) {
      assertEquals(results.length, expected.length);
      for (const [i, [what, words]] of expected.entries()) assertSameBits(results[i]![1], words, `${what} by ${who}`);
    }
  };
}

describe("the kernels whose work is in shares", { skip: noThreads }, () => {
  for (const build of BUILDS) {
    test(`give the same bits whoever does the shares, and nothing from a thread that comes late (${build})`, async () => {
      const checked = new Set<KernelName>();
      const team = await Team.start(build, 3), compare = comparison(build, team, checked);
      eachPooled((one) => compare(convolutions, one), 25);
      holds(DENSE, (one) => compare(denses, one), 25);
      eachPooled((one) => compare(rest, one), 10);
      assertEquals([...checked].sort(), kernelsInShares(wasmModule(build)).sort());
      const took = () => [team.takenByOdd, team.othersTook.odd, team.othersTook.even];
      // Threads that sleep may come too late for small shapes: again, until each took part in what was compared.
      for (let times = 0; times === 0 || times < 10 && took().includes(0); times++) {
        for (const [, one] of LENET5) compare(convolutions, one);
      }
      assert(!took().includes(0), `one of the threads took no part; they did ${took()} shares`);
    });
  }
});
