import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { Dataset, drawnDigits, lenet5, lenet5MaskLayers, openEngine, sgd, sliceNetwork, ThreadError } from "../mod.ts";
import { MachineProgram } from "../src/engine/program.ts";
import { threadedMachine } from "../src/engine/wasm/threaded_machine.ts";
import { wasmMachine } from "../src/engine/wasm/machine.ts";
import type { Machine } from "../src/engine/machine.ts";
import { type StartThread, threadStarter } from "../src/runtime/threads.ts";

/** A machine whose other threads have all started. */
async function startedMachine(build: "relaxed" | "simd128", threads: number): Promise<Machine> {
  const start = await threadStarter();
  assert(start, "this runtime has no threads");
  let ready = () => 0;
  const machine = threadedMachine(build, threads, (script, data, onEnd) => {
    const { memory, control } = data as { memory: WebAssembly.Memory; control: number };
    ready = () => Atomics.load(new Int32Array(memory.buffer, control, 16), 4);
    start(script, data, onEnd);
  });
  for (let waited = 0; ready() < threads - 1; waited++) {
    assert(waited < 1000, `only ${ready()} threads have started`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return machine;
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

describe("an engine on several threads", () => {
  for (const build of ["relaxed", "simd128"] as const) {
    for (const [threads, batchSize] of [[2, 32], [3, 32], [5, 13]] as const) {
      test(`computes the same bits on ${threads} threads as on one, batches of ${batchSize} (${build})`, async () => {
        assertEquals(
          await work(await startedMachine(build, threads), batchSize),
          await work(wasmMachine(build), batchSize),
        );
      });
    }
  }

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
