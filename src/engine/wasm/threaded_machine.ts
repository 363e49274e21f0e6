/**
 * The wasm machine with several threads over one shared memory. The calling thread makes every kernel call; those worth splitting are done by all threads at once,
 * each its part, and the call returns when all are done.
 *
 * @module
 */
import type { StartThread } from "../../runtime/threads.ts";
import type { KernelName, Kernels } from "../kernels.ts";
import type { Machine } from "../machine.ts";
import { type KernelExports, machineOf } from "./machine.ts";
import { type WasmBuild, wasmBytes } from "./module.ts";
import { importingSharedMemory, sharedMemory } from "./shared_memory.ts";

/** The kernels that split their work; the others are done by the calling thread alone. */
const SPLIT = [
  "pooledConvForward",
  "livingPooledConvForward",
  "eventWeightGradient",
  "livingEventWeightGradient",
  "eventInputGradient",
  "denseForward",
  "denseInputGradient",
  "denseWeightGradient",
  "toImages",
  "fromImages",
] as const satisfies readonly KernelName[];

/** Places of the shared state, in int32: number of the call, its kernel, threads done, whether one failed, threads ready. */
const CALL = 0, KERNEL = 1, DONE = 2, FAILED = 3, READY = 4;
const STATE_BYTES = 64, ARGUMENTS = 16;
/** Turns of waiting before a thread sleeps. Few: where there are more threads than free cores, each turn keeps the others from their work. */
const SPINS = 2_000;
/** Turns that take about as long as the patience below, where sleeping is not allowed. */
const LONG_SPINS = 1e9;
/** Milliseconds without an answer after which a thread counts as lost. */
const PATIENCE = 10_000;

/** What a thread does: waits for the number of the call to change, does its part, counts itself done. */
const SCRIPT = `
const { bytes, memory, control, part, parts, names } = data;
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
instance.exports.setPart(part, parts);
const kernels = names.map((name) => instance.exports[name]);
const state = new Int32Array(memory.buffer, control, ${STATE_BYTES / 4});
const values = new Float64Array(memory.buffer, control + ${STATE_BYTES}, ${ARGUMENTS});
let call = 0;
Atomics.add(state, ${READY}, 1);
for (;;) {
  for (let spins = 0; Atomics.load(state, ${CALL}) === call; spins++) {
    if (spins > ${SPINS}) Atomics.wait(state, ${CALL}, call);
  }
  call = Atomics.load(state, ${CALL});
  const kernel = state[${KERNEL}];
  if (kernel < 0) break;
  try {
    kernels[kernel](...values);
  } catch {
    Atomics.store(state, ${FAILED}, 1);
  }
  Atomics.add(state, ${DONE}, 1);
  Atomics.notify(state, ${DONE});
}`;

/** A thread of the engine died or does not answer; what was computed since the last step is lost. */
export class ThreadError extends Error {
  /** "ThreadError". */
  override name = "ThreadError";
}

/** Tells the threads of a machine that nobody uses any more to end. */
const unused = new FinalizationRegistry<Int32Array>((state) => {
  state[KERNEL] = -1;
  Atomics.add(state, CALL, 1);
  Atomics.notify(state, CALL);
});

function checkAlive(state: Int32Array): void {
  if (Atomics.load(state, FAILED)) {
    throw new ThreadError("a thread of the engine failed or ended; this program cannot go on, make another");
  }
}

/** Sleeps until the number of threads done is not `done` any more; false if that took too long. The main thread of a browser may not sleep: it turns. */
function waitForChange(state: Int32Array, done: number): boolean {
  try {
    return Atomics.wait(state, DONE, done, PATIENCE) !== "timed-out";
  } catch {
    for (let spins = 0; spins < LONG_SPINS; spins++) {
      if (Atomics.load(state, DONE) !== done) return true;
    }
    return false;
  }
}

/** Waits until all other threads have done their part of a call. */
function waitForOthers(state: Int32Array, others: number): void {
  for (let spins = 0; Atomics.load(state, DONE) < others; spins++) {
    const done = Atomics.load(state, DONE);
    if (spins >= SPINS && done < others && !waitForChange(state, done)) {
      throw new ThreadError(
        `${others - done} of the engine's ${others} further threads did not answer for ${PATIENCE / 1000} s`,
      );
    }
  }
  checkAlive(state);
}

/** A new machine whose kernels are done by `threads` threads, this one included. Until the others have started, this one does their parts too. */
export function threadedMachine(build: WasmBuild, threads: number, start: StartThread): Machine {
  const { bytes, pages } = importingSharedMemory(wasmBytes(build));
  const memory = sharedMemory(pages);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  const machine = machineOf(exports, memory, threads);
  const control = machine.allocate(STATE_BYTES + 8 * ARGUMENTS);
  const state = new Int32Array(memory.buffer, control, STATE_BYTES / 4);
  const values = new Float64Array(memory.buffer, control + STATE_BYTES, ARGUMENTS);
  const others = threads - 1;
  const onEnd = () => Atomics.store(state, FAILED, 1);
  for (let part = 1; part < threads; part++) {
    start(SCRIPT, { bytes, memory, control, part, parts: threads, names: SPLIT }, onEnd);
  }

  const kernels: Kernels = { ...machine.kernels };
  for (const [index, name] of SPLIT.entries()) {
    const kernel = exports[name] as (...args: number[]) => void;
    (kernels as unknown as Record<string, (...args: number[]) => void>)[name] = (...args) => {
      checkAlive(state);
      if (Atomics.load(state, READY) < others) {
        for (let part = 0; part < threads; part++) {
          exports.setPart(part, threads);
          kernel(...args);
        }
        return;
      }
      values.set(args);
      state[KERNEL] = index;
      Atomics.store(state, DONE, 0);
      Atomics.add(state, CALL, 1);
      Atomics.notify(state, CALL);
      exports.setPart(0, threads);
      kernel(...args);
      waitForOthers(state, others);
    };
  }
  // Through its getters, the views follow the memory as it grows.
  const threaded: Machine = Object.defineProperties({ kernels } as Machine, {
    floats: { get: () => machine.floats },
    ints: { get: () => machine.ints },
    bytes: { get: () => machine.bytes },
    threads: { value: threads },
    allocate: { value: (size: number) => machine.allocate(size) },
  });
  unused.register(threaded, state);
  return threaded;
}
