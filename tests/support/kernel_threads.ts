/** Machines of several threads, whose tests can tell who did which part of a kernel. */
import type { KernelName } from "../../src/engine/cpu/kernels.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { kernelsInShares, type WasmBuild } from "../../src/engine/cpu/wasm/module.ts";
import type { KernelExports } from "../../src/engine/cpu/wasm/machine.ts";
import { threadedMachine } from "../../src/engine/cpu/wasm/threaded_machine.ts";
import { threadStarter } from "../../src/runtime/threads.ts";
import { assert, assertStringIncludes } from "#std/assert";
import { wasmModule } from "./wasm_machine.ts";

/** What a thread is given: see `threaded_machine.ts`. */
interface ThreadData {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly names: readonly KernelName[];
}

/** Places of the threads' shared state, as in `threaded_machine.ts`; the last one it leaves alone. */
const SHARE = 0, CALL = 1, DONE = 2, SHARES = 3, KERNEL = 4, SIGNAL = 16, READY = 40;
const STATE = 48, ARGUMENTS = 13;
/** Numbers of calls that the machine does not reach. */
const OWN_CALLS = 2 ** 30;

/** Waits up to a minute: a busy system may take its time to start a thread. */
export async function until(holds: () => boolean, otherwise: () => string): Promise<void> {
  for (let waited = 0; !holds(); waited++) {
    assert(waited < 6000, otherwise());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Sleeps up to a millisecond; not at all where sleeping is not allowed, as on the main thread of a page. */
function sleepUntilChanged(state: Int32Array, place: number, value: number): void {
  try {
    Atomics.wait(state, place, value, 1);
  } catch {
    // The caller looks again.
  }
}

/**
 * A machine of two threads, of which the other one never starts: all shares are the calling thread's. Each of its
 * kernels throws if it takes shares and is not in the list of those that do, or the other way round: with a second
 * thread it would leave its output to nobody, or be done twice.
 */
export function machineInShares(build: WasmBuild): Machine {
  let state: Int32Array = new Int32Array();
  const machine = threadedMachine(build, 2, (_script, data) => {
    const { memory, control } = data as ThreadData;
    state = new Int32Array(memory.buffer, control, STATE);
  });
  const kernels = { ...machine.kernels }, shared = kernelsInShares(wasmModule(build));
  for (const [name, kernel] of Object.entries(machine.kernels) as [KernelName, (...given: number[]) => number][]) {
    const listed = shared.includes(name);
    Object.assign(kernels, {
      [name]: (...given: number[]) => {
        // Whoever takes shares writes down how many there are.
        state[SHARES] = -1;
        const result = kernel(...given);
        const takes = state[SHARES] !== -1;
        assert(
          takes === listed,
          `${name} takes ${takes ? "" : "no "}shares, but is ${listed ? "" : "not "}in the list`,
        );
        return result;
      },
    });
  }
  return Object.create(machine, { kernels: { value: kernels } }) as Machine;
}

/** A machine whose other threads have all started, and who did what. */
export class Team {
  /** The machine, which counts the shares that odd threads did. */
  readonly machine: Machine;
  /** Shares that odd threads did in calls of the machine: they alone take them from the back. */
  takenByOdd = 0;
  /** Shares that the odd and the even threads did in calls of {@link Team.others}. */
  readonly othersTook: { odd: number; even: number } = { odd: 0, even: 0 };
  readonly #data: ThreadData;
  readonly #state: Int32Array;
  #call = OWN_CALLS;
  #lost = false;
  #late?: KernelExports;
  /** How many shares the calls of the machine had. */
  readonly #shares: number[] = [];

  private constructor(machine: Machine, data: ThreadData) {
    this.#data = data;
    const state = this.#state = new Int32Array(data.memory.buffer, data.control, STATE);
    const kernels = { ...machine.kernels };
    for (const name of data.names) {
      const kernel = machine.kernels[name] as (...given: number[]) => void;
      Object.assign(kernels, {
        [name]: (...given: number[]) => {
          kernel(...given);
          this.takenByOdd += Atomics.load(state, SHARE) >>> 16;
          this.#shares.push(Atomics.load(state, SHARES));
        },
      });
    }
    this.machine = Object.create(machine, { kernels: { value: kernels } }) as Machine;
  }

  /** A machine of so many threads, of which all have started. */
  static async start(build: WasmBuild, threads: number): Promise<Team> {
    const start = threadStarter();
    assert(start, "this runtime has no threads");
    let given: ThreadData | undefined;
    const machine = threadedMachine(build, threads, (script, data, onEnd) => {
      given = data as ThreadData;
      const loop = "for (let known = 0;;) {";
      assertStringIncludes(script, loop);
      start(script.replace(loop, `Atomics.add(state, ${READY}, 1); ${loop}`), data, onEnd);
    });
    const team = new Team(machine, given!);
    const ready = () => Atomics.load(team.#state, READY);
    await until(() => ready() === threads - 1, () => `only ${ready()} threads have started`);
    return team;
  }

  /**
   * A machine for the same work that the team's was used for since the last time, call by call: every `every`th call is
   * done by the other threads alone. Who does shares is then no matter of luck, and of how busy the system is.
   */
  again(every: number): Machine {
    const shares = this.#shares.splice(0), kernels = { ...this.machine.kernels };
    let calls = 0;
    for (const name of this.#data.names) {
      const kernel = this.machine.kernels[name] as (...given: number[]) => void;
      Object.assign(kernels, {
        [name]: (...given: number[]) => {
          const count = shares[calls++];
          assert(count !== undefined, `${name} is called where the work before had ended`);
          if (calls % every === 0) this.others(name, count, ...given);
          else kernel(...given);
        },
      });
    }
    return Object.create(this.machine, { kernels: { value: kernels } }) as Machine;
  }

  /** Whether a kernel's work is in shares. */
  shares(name: KernelName): boolean {
    return this.#data.names.includes(name);
  }

  /** How many shares the last call of a kernel had. */
  get lastShares(): number {
    return Atomics.load(this.#state, SHARES);
  }

  /** How many shares the threads did in the last call of a kernel, together. */
  get lastDone(): number {
    return Atomics.load(this.#state, DONE);
  }

  /** Has a kernel done by the other threads, the calling one taking none of its `shares`. */
  others(name: KernelName, shares: number, ...given: number[]): void {
    // Looking for a smaller case of the failure must not wait as long again.
    assert(!this.#lost, "the other threads did not do the shares of an earlier call");
    const state = this.#state, { memory, control, names } = this.#data;
    const call = this.#call += 2;
    // A call as the machine announces it: kernel, arguments, no share taken or done, its number, the signal.
    Atomics.store(state, CALL, call - 1);
    state[KERNEL] = names.indexOf(name);
    new Float64Array(memory.buffer, control + 4 * STATE, ARGUMENTS).set(given);
    for (const [place, value] of [[DONE, 0], [SHARE, 0], [CALL, call], [SIGNAL, call]] as const) {
      Atomics.store(state, place, value);
    }
    Atomics.notify(state, SIGNAL);
    for (let done = 0, start = performance.now(); (done = Atomics.load(state, DONE)) < shares;) {
      this.#lost = performance.now() - start > 30_000;
      assert(!this.#lost, `the other threads did only ${done} of the ${shares} shares of ${name}`);
      sleepUntilChanged(state, DONE, done);
    }
    const taken = Atomics.load(state, SHARE);
    this.othersTook.odd += taken >>> 16;
    this.othersTook.even += taken & 0xffff;
  }

  /** Does a kernel as a thread that comes when its call is over. */
  late(name: KernelName, ...given: number[]): void {
    const { bytes, memory, control } = this.#data;
    if (!this.#late) {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      this.#late = exports as unknown as KernelExports;
      this.#late.joinThreads(1, control);
    }
    // The machine's calls have even numbers.
    this.#late.joinCall(-1);
    (this.#late[name] as (...given: number[]) => void)(...given);
  }
}
