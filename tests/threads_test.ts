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
} from "../mod.ts";
import { MachineProgram } from "../src/engine/program.ts";
import { threadedMachine } from "../src/engine/wasm/threaded_machine.ts";
import { wasmMachine } from "../src/engine/wasm/machine.ts";
import type { Machine } from "../src/engine/machine.ts";
import type { KernelName } from "../src/engine/kernels.ts";
import { helpfulThreads } from "../src/engine/work.ts";
import { processors, type StartThread, threadStarter } from "../src/runtime/threads.ts";

/** What a thread is given: see `threaded_machine.ts`. */
interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly names: readonly KernelName[];
}

/** A place of the threads' shared state that they leave alone. */
const READY = 40;

/** A machine whose other threads have all started, and what they were given. */
async function startedMachine(
  build: "relaxed" | "simd128",
  threads: number,
): Promise<{ machine: Machine; data: ThreadData; state: Int32Array }> {
  const start = await threadStarter();
  assert(start, "this runtime has no threads");
  let given: ThreadData | undefined;
  const machine = threadedMachine(build, threads, (script, data, onEnd) => {
    given = data as ThreadData;
    const loop = "for (let known = 0;;) {";
    assertStringIncludes(script, loop);
    start(script.replace(loop, `Atomics.add(state, ${READY}, 1); ${loop}`), data, onEnd);
  });
  const data = given!, state = new Int32Array(data.memory.buffer, data.control, 48);
  const ready = () => Atomics.load(state, READY);
  for (let waited = 0; ready() < threads - 1; waited++) {
    assert(waited < 1000, `only ${ready()} threads have started`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { machine, data, state };
}

const digits = new Dataset(drawnDigits(256), { size: [32, 32] });

/** Trains and suppresses for some steps, then inverts; everything that came out of it. */
async function work(machine: Machine, batchSize: number): Promise<Record<string, Float32Array>> {
  const program = new MachineProgram(machine, lenet5(), { batchSize, gradients: "both" });
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

describe("an engine on several threads", () => {
  test("computes the same bits with convolutions and pools alone, and with momentum", async () => {
    const values = await Promise.all([(await startedMachine("simd128", 3)).machine, wasmMachine("simd128")].map(
      async (machine) => {
        const program = new MachineProgram(machine, others, { batchSize: 21, gradients: "both" });
        for (const indices of digits.epoch(1, 21)) {
          program.load(digits, indices);
          program.trainStep(momentum({ lr: 0.05 }));
        }
        return { ...await program.parameters.values(), inputGradient: await program.inputGradient() };
      },
    ));
    assertEquals(values[0], values[1]);
  });

  for (const build of ["relaxed", "simd128"] as const) {
    for (const [threads, batchSize] of [[2, 32], [3, 32], [5, 13]] as const) {
      test(`computes the same bits on ${threads} threads as on one, batches of ${batchSize} (${build})`, async () => {
        assertEquals(
          await work((await startedMachine(build, threads)).machine, batchSize),
          await work(wasmMachine(build), batchSize),
        );
      });
    }
  }

  test("has all shares done by the other thread if the calling one takes none", async () => {
    const { machine, data, state } = await startedMachine("simd128", 2);
    const count = 10_000, shares = 3;
    const weight = machine.allocate(4 * count), gradient = machine.allocate(4 * count);
    machine.floats.fill(1, weight / 4, weight / 4 + count);
    machine.floats.fill(0.5, gradient / 4, gradient / 4 + count);
    // A call as the machine announces it: kernel, arguments, no share taken or done, its number, the signal.
    state[4] = data.names.indexOf("sgd");
    new Float64Array(data.memory.buffer, data.control + 192, 6).set([weight, gradient, 0, 0, count, 0.5]);
    for (const [place, value] of [[2, 0], [0, 0], [1, 2], [16, 2]] as const) Atomics.store(state, place, value);
    Atomics.notify(state, 16);
    for (let waited = 0; Atomics.load(state, 2) < shares; waited++) {
      assert(waited < 1000, `only ${Atomics.load(state, 2)} of ${shares} shares were done`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
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
    assertEquals(values[0], values[1]);
  });

  test("gives a network as many threads as its work is worth", () => {
    assertEquals([1, 8, 9, 32, 256].map((batch) => helpfulThreads(lenet5(), batch, 64)), [2, 2, 3, 5, 36]);
    assertEquals(helpfulThreads(lenet5(), 256, 4), 4);
    assertEquals(helpfulThreads(sequential([1, 4, 4], [flatten(), dense({ name: "out", outputs: 2 })]), 32, 4), 1);
  });

  test("does the work alone, to the same bits, while its threads have not started", async () => {
    assertEquals(await work(threadedMachine("simd128", 2, () => {}), 32), await work(wasmMachine("simd128"), 32));
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
    const start = (await threadStarter()) as StartThread;
    let ended = false;
    const machine = threadedMachine("simd128", 2, (_script, data, onEnd) => {
      start("process.exit(1)", data, () => {
        onEnd();
        ended = true;
      });
    });
    for (let waited = 0; !ended; waited++) {
      assert(waited < 1000, "nobody was told that the thread ended");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const program = new MachineProgram(machine, lenet5(), { batchSize: 8 });
    program.setInput(new Float32Array(1024));
    assertThrows(() => program.forward(), ThreadError, "thread");
  });
});
