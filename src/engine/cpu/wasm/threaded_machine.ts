/**
 * The wasm machine with several threads over one shared memory. The calling thread makes every kernel call and does its
 * shares of it; the others help where they can. Nobody waits for a thread that has not begun: a call is over when all
 * its shares are done, whoever did them.
 *
 * @module
 */
import type { StartThread } from "../../../runtime/threads.ts";
import type { Kernels } from "../kernels.ts";
import type { Machine } from "../machine.ts";
import { wasmBytes } from "./bytes.ts";
import { type KernelExports, machineOf } from "./machine.ts";
import { kernelsInShares, type WasmBuild } from "./module.ts";
import { importingSharedMemory, sharedMemory } from "./shared_memory.ts";
import { ThreadError } from "./thread_error.ts";

/**
 * Places of the shared state, in int32. The first four belong to `assembly/shares.ts`: next share, number of the call
 * (odd while it is written), shares done, shares of the call; then its kernel. In a line of the cache of its own, the
 * number once more, which the threads watch. In another one, whether a thread failed, how many sleep, and whether the
 * calling thread does.
 */
const CALL = 1, DONE = 2, SHARES = 3, KERNEL = 4, SIGNAL = 16, FAILED = 32, SLEEPING = 33, WAITING = 34;
const STATE_BYTES = 192, ARGUMENTS = 13;
/** Turns of waiting for the next call before a thread sleeps, and of the calling thread for the last shares. */
const SPINS = 5_000;
/**
 * Calls between two that wake threads: where other programs keep them from their processors they sleep again at once,
 * and waking them costs more than they help. A power of two.
 */
const CALLS_A_WAKE = 32;
/** Turns that take about as long as the patience below, where sleeping is not allowed. */
const LONG_SPINS = 1e9;
/** Milliseconds without an answer after which a thread counts as lost. */
const PATIENCE = 10_000;

/** Names for the arguments in the script: as many as a kernel takes at most. */
const GIVEN = Array.from({ length: ARGUMENTS }, (_, i) => `given${i}`);

/** What a thread does: waits for the number of the call to change, does shares of it while there are any. */
const SCRIPT = `
const { bytes, memory, control, thread, names } = data;
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
exports.joinThreads(thread, control);
const kernels = names.map((name) => exports[name]);
const state = new Int32Array(memory.buffer, control, ${STATE_BYTES / 4});
const values = new Float64Array(memory.buffer, control + ${STATE_BYTES}, ${ARGUMENTS});
for (let known = 0;;) {
  for (let spins = 0; Atomics.load(state, ${SIGNAL}) === known; spins++) {
    if (spins > ${SPINS}) {
      Atomics.add(state, ${SLEEPING}, 1);
      Atomics.wait(state, ${SIGNAL}, known);
      Atomics.sub(state, ${SLEEPING}, 1);
    }
  }
  const call = known = Atomics.load(state, ${SIGNAL});
  const kernel = state[${KERNEL}], ${GIVEN.map((name, i) => `${name} = values[${i}]`).join()};
  // What was read while the next call was written is of no use.
  if (!exports.joinCall(call)) continue;
  if (kernel < 0) break;
  try {
    kernels[kernel](${GIVEN.join()});
  } catch {
    Atomics.store(state, ${FAILED}, 1);
  }
  if (Atomics.load(state, ${WAITING})) Atomics.notify(state, ${DONE});
}`;

/** Announces a call to the threads; its number is even. */
function announce(
  exports: KernelExports,
  state: Int32Array,
  call: number,
  kernel: number,
  values: Float64Array,
  given: number[],
): void {
  exports.closeCall(call - 1);
  state[KERNEL] = kernel;
  for (let i = 0; i < given.length; i++) values[i] = given[i]!;
  exports.openCall(call);
  Atomics.store(state, SIGNAL, call);
  // Calls are counted by twos.
  if (call % (2 * CALLS_A_WAKE) === 0 && Atomics.load(state, SLEEPING) > 0) Atomics.notify(state, SIGNAL);
}

/** Tells the threads of a machine that nobody uses any more to end. */
const unused = new FinalizationRegistry<Int32Array>((state) => {
  state[KERNEL] = -1;
  Atomics.store(state, SIGNAL, Atomics.add(state, CALL, 2) + 2);
  Atomics.notify(state, SIGNAL);
});

function checkAlive(state: Int32Array): void {
  if (Atomics.load(state, FAILED)) {
    throw new ThreadError("a thread of the engine failed or ended; this program cannot go on, open another engine");
  }
}

/**
 * Sleeps until the number of shares done is not `done` any more; false if that took too long. The main thread of a
 * browser may not sleep: it turns.
 */
function waitForChange(state: Int32Array, done: number): boolean {
  try {
    Atomics.store(state, WAITING, 1);
    return Atomics.wait(state, DONE, done, PATIENCE) !== "timed-out";
  } catch {
    for (let spins = 0; spins < LONG_SPINS; spins++) {
      if (Atomics.load(state, DONE) !== done) return true;
    }
    return false;
  } finally {
    Atomics.store(state, WAITING, 0);
  }
}

/** Waits until all shares of a call are done. */
function waitForShares(state: Int32Array): void {
  const shares = state[SHARES]!;
  for (let spins = 0, done = 0; (done = Atomics.load(state, DONE)) < shares; spins++) {
    if (spins >= SPINS && !waitForChange(state, done)) {
      throw new ThreadError(`a further thread of the engine did not answer for ${PATIENCE / 1000} s`);
    }
    checkAlive(state);
  }
  checkAlive(state);
}

/**
 * A new machine whose kernels are done by `threads` threads, this one included. Until the others have started, this one
 * does their shares too.
 *
 * @param callsAlone calls of kernels before the other threads are started
 */
export function threadedMachine(build: WasmBuild, threads: number, start: StartThread, callsAlone = 0): Machine {
  const { bytes, pages } = importingSharedMemory(wasmBytes(build));
  const memory = sharedMemory(pages), module = new WebAssembly.Module(bytes), names = kernelsInShares(module);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  const machine = machineOf(exports, memory, threads);
  const control = machine.allocate(STATE_BYTES + 8 * ARGUMENTS);
  const state = new Int32Array(memory.buffer, control, STATE_BYTES / 4);
  const values = new Float64Array(memory.buffer, control + STATE_BYTES, ARGUMENTS);
  const onEnd = () => Atomics.store(state, FAILED, 1);
  exports.joinThreads(0, control);
  const startThreads = () => {
    for (let thread = 1; thread < threads; thread++) {
      start(SCRIPT, { bytes, memory, control, thread, names }, onEnd);
    }
  };
  if (callsAlone === 0) startThreads();

  let call = 0, alone = callsAlone;
  const kernels: Kernels = { ...machine.kernels };
  for (const [index, name] of names.entries()) {
    const kernel = exports[name] as (...given: number[]) => void;
    (kernels as unknown as Record<string, (...given: number[]) => void>)[name] = (...given) => {
      if (alone > 0 && --alone === 0) startThreads();
      checkAlive(state);
      call = call + 2 | 0;
      announce(exports, state, call, index, values, given);
      try {
        kernel(...given);
        waitForShares(state);
      } catch (error) {
        // Some thread may still be at a share of this call: no other call can be told from it.
        Atomics.store(state, FAILED, 1);
        throw error;
      }
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
