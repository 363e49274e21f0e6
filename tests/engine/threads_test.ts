import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  averagePool2d,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  flatten,
  lenet5,
  lenet5MaskLayers,
  maxPool2d,
  momentum,
  openEngine,
  relu,
  sequential,
  sgd,
  sliceNetwork,
  ThreadError,
} from "../../mod.ts";
import { cpuProgram } from "../support/cpu_program.ts";
import { threadedMachine } from "../../src/engine/cpu/wasm/threaded_machine.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import type { WasmBuild } from "../../src/engine/cpu/wasm/module.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { helpfulThreads } from "../../src/engine/cpu/work.ts";
import { processors, type StartThread, threadStarter } from "../../src/runtime/threads.ts";
import { noThreads } from "../support/here.ts";
import { assertSameBits } from "../support/kernel_desk.ts";
import { Team, until } from "../support/kernel_threads.ts";

const digits = new Dataset(drawnDigits(256), { size: [32, 32] });

/** Trains and suppresses for some steps, then inverts; everything that came out of it. */
async function work(machine: Machine, batchSize: number): Promise<Record<string, Float32Array>> {
  const program = cpuProgram(machine, lenet5(), { batchSize, gradients: "both" });
  const { parameters } = program;
  for (const { layerName } of lenet5MaskLayers()) parameters.addMask(layerName);
  let step = 0;
  for (const indices of [...digits.epoch(1, batchSize)].slice(0, 12)) {
    program.load(digits, indices);
    program.trainStep(sgd({ lr: 0.05 }));
    if (++step !== 6) continue;
    for (const { layerName } of lenet5MaskLayers()) {
      const count = (await parameters.values())[layerName]!.length;
      await parameters.suppressApproximate(layerName, { rank: Math.floor(count * 0.9), first: true, lr: 0.05 });
    }
  }
  const inputGradient = await program.inputGradient(), output = await program.output();
  return { ...await parameters.values(), inputGradient, output };
}

/** Throws unless all tensors are the same to the last bit. */
function assertSame(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [name, right] of Object.entries(expected)) {
    assertSameBits(bitsOf(actual[name]!), bitsOf(right), name);
  }
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/**
 * Calls between two that the other threads do alone; the calls of a step are no multiple of it, so that each kernel has
 * its turn.
 */
const TURN = 7;

/**
 * Throws unless a task gives the same on several threads as on one, whoever is awake; and once more where the calling
 * thread leaves each seventh call to the others.
 */
async function assertSameOnThreads(
  build: WasmBuild,
  threads: number,
  task: (machine: Machine) => Promise<Record<string, Float32Array>>,
): Promise<void> {
  const team = await Team.start(build, threads), expected = await task(wasmMachine(build));
  assertSame(await task(team.machine), expected);
  assertSame(await task(team.again(TURN)), expected);
  assert(team.othersTook.odd + team.othersTook.even > 0, "no other thread did a share");
}

/** A thread that takes the last of the three shares of a call, and does it two seconds later by doing nothing. */
const HELD_UP = `
const { memory, control, ready, took } = data;
const state = new Int32Array(memory.buffer, control, 48), word = new BigInt64Array(memory.buffer, control, 1);
Atomics.store(state, ready, 1);
for (;;) {
  const seen = Atomics.load(word, 0), none = (seen & 0xffffffffn) === 0n, written = (seen >> 32n) % 2n === 0n;
  if (!none || !written || seen === 0n || Atomics.compareExchange(word, 0, seen, seen + 0x10000n) !== seen) continue;
  Atomics.store(state, took, 1);
  Atomics.wait(state, 42, 0, 2000);
  Atomics.add(state, 2, 1);
  Atomics.notify(state, 2);
  break;
}`;

/** A network of the layers that LeNet-5 has not: convolutions alone, pools alone, strides and padding. */
const others = sequential([1, 32, 32], [
  conv2d({ name: "a", channels: 7, kernel: 3, stride: 2, padding: 1 }),
  relu(),
  averagePool2d(),
  conv2d({ name: "b", channels: 5, kernel: 3 }),
  maxPool2d(),
  flatten(),
  dense({ name: "c", outputs: 10 }),
], { seed: 1 });

describe("an engine on several threads", { skip: noThreads }, () => {
  test("computes the same bits with convolutions and pools alone, and with momentum", async () => {
    await assertSameOnThreads("simd128", 3, async (machine) => {
      const program = cpuProgram(machine, others, { batchSize: 21, gradients: "both" });
      for (const indices of digits.epoch(1, 21)) {
        program.load(digits, indices);
        program.trainStep(momentum({ lr: 0.05 }));
      }
      return { ...await program.parameters.values(), inputGradient: await program.inputGradient() };
    });
  });

  for (const build of ["relaxed", "simd128"] as const) {
    for (const [threads, batchSize] of [[2, 32], [3, 32], [5, 13]] as const) {
      test(`computes the same bits on ${threads} threads as on one, batches of ${batchSize} (${build})`, async () => {
        await assertSameOnThreads(build, threads, (machine) => work(machine, batchSize));
      });
    }
  }

  test("has all shares done by the other thread if the calling one takes none", async () => {
    const team = await Team.start("simd128", 2), { machine } = team;
    const count = 10_000, shares = 3;
    const weight = machine.allocate(4 * count), gradient = machine.allocate(4 * count);
    machine.floats.fill(1, weight / 4, weight / 4 + count);
    machine.floats.fill(0.5, gradient / 4, gradient / 4 + count);
    team.others("sgd", shares, weight, gradient, 0, 0, count, 0.5);
    assertEquals(team.othersTook, { odd: shares, even: 0 });
    assertEquals(machine.floats.slice(weight / 4, weight / 4 + count), new Float32Array(count).fill(0.75));
  });

  test("waits for a thread that is held up in the middle of a share", async () => {
    let state = new Int32Array() as Int32Array;
    const ready = 40, took = 41, count = 10_000, start = threadStarter()!;
    const machine = threadedMachine("simd128", 2, (_script, data, onEnd) => {
      const { memory, control } = data as { memory: WebAssembly.Memory; control: number };
      state = new Int32Array(memory.buffer, control, 48);
      start(HELD_UP, { memory, control, ready, took }, onEnd);
    });
    await until(() => Atomics.load(state, ready) === 1, () => "the thread has not started");
    const [weight, gradient] = [machine.allocate(4 * count), machine.allocate(4 * count)];
    for (let times = 1; Atomics.load(state, took) === 0; times++) {
      assert(times < 1e6, "the thread took no share");
      machine.floats.fill(1, weight / 4, weight / 4 + count).fill(0.5, gradient / 4, gradient / 4 + count);
      machine.kernels.sgd(weight, gradient, 0, 0, count, 0.5);
    }
    // The share that it took is its own, so that nobody else has written it.
    assertEquals(machine.floats.slice(weight / 4, weight / 4 + 8192), new Float32Array(8192).fill(0.75));
    assertEquals(machine.floats.slice(weight / 4 + 8192, weight / 4 + count), new Float32Array(count - 8192).fill(1));
    machine.kernels.sgd(weight, gradient, 0, 0, count, 0.5);
    assertEquals(machine.floats[weight / 4 + 8192], 0.75);
  });

  test("does no other call once one was broken off, as another thread may still be at it", () => {
    const machine = threadedMachine("simd128", 2, () => {}), weight = machine.allocate(64);
    assertThrows(() => machine.kernels.sgd(2 ** 31, weight, 0, 0, 16, 1), WebAssembly.RuntimeError);
    assertThrows(() => machine.kernels.sgd(weight, weight, 0, 0, 16, 1), ThreadError, "open another engine");
  });

  test("does more shares than a half of a word counts, each once", async () => {
    const team = await Team.start("simd128", 2), { machine } = team, channels = 65_537, count = 8 * channels;
    const [x, y, shape] = [machine.allocate(4 * count), machine.allocate(4 * count), machine.allocate(64)];
    machine.floats.fill(1, x / 4, x / 4 + count);
    // A pooling of windows of one pixel: each channel is a share.
    machine.ints.set([channels, 1, 1, 1, 1, 1, 1, 8], shape / 4);
    machine.kernels.averagePoolForward(x, y, shape);
    assertEquals([team.lastShares, team.lastDone], [channels, channels]);
    assertEquals(machine.floats.subarray(y / 4, y / 4 + count).findIndex((value) => value !== 1), -1);
  });

  test("starts threads that nobody asked for after some work, for a program that gains from them", async () => {
    const engine = await openEngine();
    assertStringIncludes(engine.why, processors() > 1 ? `up to ${processors()} threads` : "one thread");
    const one = await openEngine({ threads: 1 });
    const values = await Promise.all([engine, one].map(async ({ program }) => {
      const training = program(lenet5(), { batchSize: 32, gradients: "parameters" });
      for (const indices of digits.epoch(1, 32)) {
        training.load(digits, indices);
        training.trainStep(sgd({ lr: 0.05 }));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return await training.parameters.values();
    }));
    assertSame(values[0]!, values[1]!);
  });

  test("gives a network as many threads as its work is worth", () => {
    assertEquals([1, 8, 9, 32, 256].map((batch) => helpfulThreads(lenet5(), batch, 64)), [2, 2, 3, 5, 36]);
    assertEquals(helpfulThreads(lenet5(), 256, 4), 4);
    assertEquals(helpfulThreads(sequential([1, 4, 4], [flatten(), dense({ name: "out", outputs: 2 })]), 32, 4), 1);
  });

  test("does the work alone, to the same bits, while its threads have not started, or if it has no others", async () => {
    const expected = await work(wasmMachine("simd128"), 32);
    for (const threads of [1, 2]) {
      let started = 0;
      assertSame(await work(threadedMachine("simd128", threads, () => started++), 32), expected);
      assertEquals(started, threads - 1);
    }
  });

  test("is opened by the number of threads, says so, and attacks with them", async () => {
    const engine = await openEngine({ threads: 2 });
    assertStringIncludes(engine.why, "2 threads");
    const program = engine.program(sliceNetwork(lenet5(), "relu3"), { batchSize: 4, gradients: "input" });
    program.setInput(new Float32Array(4 * 1024).fill(0.5));
    program.forward();
    assertEquals((await program.output()).length, 480);
  });

  test("refuses a number of threads that it cannot have", async () => {
    for (const threads of [0, -1, 1.5, NaN, 65]) {
      await assertRejects(() => openEngine({ threads }), RangeError, `threads is ${threads}`);
    }
    await assertRejects(() => openEngine({ engine: "reference", threads: 2 }), RangeError, "reference engine");
  });

  test("fails by name, and does not hang, when a thread dies", async () => {
    const start = (threadStarter()) as StartThread;
    let ended = false;
    const machine = threadedMachine("simd128", 2, (_script, data, onEnd) => {
      start("process.exit(1)", data, () => {
        onEnd();
        ended = true;
      });
    });
    await until(() => ended, () => "nobody was told that the thread ended");
    const program = cpuProgram(machine, lenet5(), { batchSize: 8 });
    program.setInput(new Float32Array(1024));
    assertThrows(() => program.forward(), ThreadError, "thread");
  });
});
