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
import { cpuProgram } from "../../src/engine/cpu/backend.ts";
import { threadedMachine } from "../../src/engine/cpu/wasm/threaded_machine.ts";
import { wasmMachine } from "../../src/engine/cpu/wasm/machine.ts";
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

/** Throws unless a task gives the same on several threads as on one; again, until another thread did a share, as those that sleep may come late. */
async function assertSameOnThreads(
  build: WasmBuild,
  threads: number,
  task: (machine: Machine) => Promise<Record<string, Float32Array>>,
): Promise<void> {
  const team = await Team.start(build, threads), expected = await task(wasmMachine(build));
  for (let times = 0; times === 0 || times < 20 && team.takenByOdd === 0; times++) {
    assertSame(await task(team.machine), expected);
  }
  assert(team.takenByOdd > 0, "no other thread did a share");
}

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
