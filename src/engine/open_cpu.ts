/**
 * Opens an engine on the CPU: wasm in one of its builds, or the reference.
 *
 * @module
 */
import { reasonOf } from "../checks/reason.ts";
import type { Network } from "../nn/mod.ts";
import { processors, type StartThread, threadStarter } from "../runtime/threads.ts";
import { checkBatchSize } from "./batch_checks.ts";
import type { Engine, EngineName, Program, ProgramOptions } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { Machine } from "./cpu/machine.ts";
import type { EngineOptions } from "./options.ts";
import { lanesOf } from "./lanes.ts";
import { Parameters } from "./parameters.ts";
import { DeviceProgram } from "./program.ts";
import { wasmMachine } from "./cpu/wasm/machine.ts";
import { bestBuild, type WasmBuild, wasmModule } from "./cpu/wasm/module.ts";
import { isFused, relaxedMadd } from "./cpu/wasm/relaxed.ts";
import { helpfulThreads } from "./cpu/work.ts";

/** What a CPU machine offers to programs. */
type CpuParts = typeof import("./cpu/backend.ts");

/** A network at a batch size in a machine's memory. */
export function cpuProgram(
  { cpuBackend, cpuParameters }: CpuParts,
  machine: Machine,
  network: Network,
  options: ProgramOptions,
): Program {
  const lanes = lanesOf(checkBatchSize(options.batchSize));
  const memory = cpuParameters(machine, network.parameters, network.seed);
  const parameters = new Parameters(memory, network.parameters);
  return new DeviceProgram(cpuBackend(machine, memory, lanes), parameters, network, options);
}

/** An engine on machines. Its parts are loaded now, as those of the webgpu engine are: a page needs one of the two. */
async function cpuEngine(
  name: EngineName,
  build: string,
  why: string,
  machine: () => Machine,
  machineFor: (network: Network, options: ProgramOptions) => Machine = machine,
): Promise<Engine> {
  const parts: CpuParts = await import("./cpu/backend.ts");
  return {
    name,
    build,
    why,
    program: (network, options) => cpuProgram(parts, machineFor(network, options), network, options),
    parameters: (specs, seed) => new Parameters(parts.cpuParameters(machine(), specs, seed), specs),
    dispose: () => {},
    [Symbol.dispose]: () => {},
  };
}

/**
 * Kernel calls that a program does alone before it starts threads that nobody asked for: they would come too late to
 * help with a few batches.
 */
const CALLS_ALONE = 100;

/** The build in words: what its multiply-add really does here, and why it was taken. */
function described(build: WasmBuild, asked: boolean): string {
  const because = asked ? ", because it was asked for" : "";
  if (build === "simd128") return `the wasm engine (simd128)${because || ", because this runtime has no relaxed SIMD"}`;
  const how = isFused(relaxedMadd()) ? "with fused multiply-add" : "whose multiply-add rounds twice in this runtime";
  return `the wasm engine (relaxed), ${how}${because}`;
}

/** Makes machines with one thread. */
async function machinesOf(build: WasmBuild): Promise<() => Machine> {
  const module = await wasmModule(build), one = () => wasmMachine(module);
  // Run once, not only compiled: what cannot run must be known before somebody relies on it.
  one();
  return one;
}

/** Makes machines with several threads. Loaded only where there are threads: most pages share no memory. */
async function threadedMachines(): Promise<typeof import("./cpu/wasm/threaded_machine.ts").threadedMachine> {
  return (await import("./cpu/wasm/threaded_machine.ts")).threadedMachine;
}

async function wasmEngine(build: WasmBuild, asked: boolean, threads: number | undefined): Promise<Engine> {
  let what: string, one: () => Machine;
  try {
    one = await machinesOf(build);
    what = described(build, asked);
  } catch (cause) {
    throw new EngineError(`the wasm engine (${build}) cannot run here: ${reasonOf(cause)}`, { cause });
  }
  const start = threads === 1 ? undefined : threadStarter();
  if (threads !== undefined && threads > 1) {
    if (!start) {
      throw new EngineError(
        `threads is ${threads}, but this runtime shares no memory among threads (a browser does in cross-origin isolated pages)`,
      );
    }
    const threaded = await threadedMachines();
    return cpuEngine("wasm", build, `${what}; on ${threads} threads`, one, () => threaded(build, threads, start));
  }
  const available = start ? Math.min(processors(), 64) : 1;
  if (!start || available === 1) return cpuEngine("wasm", build, `${what}; on one thread`, one);
  // Nobody asked for these threads: where one cannot start, or ends, the work is done without it.
  const tryToStart: StartThread = (script, data) => {
    try {
      start(script, data, () => {});
    } catch {
      return;
    }
  };
  const threaded = await threadedMachines();
  return cpuEngine("wasm", build, `${what}; on up to ${available} threads`, one, (network, { batchSize }) => {
    const helpful = helpfulThreads(network, batchSize, available);
    return helpful === 1 ? one() : threaded(build, helpful, tryToStart, CALLS_ALONE);
  });
}

/**
 * Makes machines of the reference engine. It is loaded when it is first needed, as the webgpu engine is: a bundler that
 * splits code keeps both out of what is loaded first.
 */
async function referenceMachines(): Promise<typeof import("./cpu/reference/machine.ts").referenceMachine> {
  return (await import("./cpu/reference/machine.ts")).referenceMachine;
}

/** Makes the machines that draw a GPU's first values. */
export async function drawingMachines(): Promise<() => Machine> {
  try {
    return await machinesOf(bestBuild);
  } catch {
    return await referenceMachines();
  }
}

/** The best engine on the CPU, or the build of it that is asked for. */
export async function cpuEngineOf({ engine, build, module, threads }: EngineOptions): Promise<Engine> {
  const reference = async (why: string) => {
    const precision = build === "float64" ? "float64" : "float32", machine = await referenceMachines();
    return cpuEngine("reference", precision, why, () => machine(precision));
  };
  if (engine === "reference") return await reference("the reference engine, because it was asked for: it is slow");
  const wasmBuild = (build as WasmBuild | undefined) ?? bestBuild;
  if (module) {
    try {
      wasmMachine(module);
    } catch (cause) {
      throw new EngineError(`the wasm engine cannot run the caller's own module: ${reasonOf(cause)}`, { cause });
    }
    return cpuEngine("wasm", wasmBuild, "the wasm engine, with the caller's own module", () => wasmMachine(module));
  }
  // One thread is no demand: the reference engine has no more.
  const asked = engine !== undefined || build !== undefined || (threads ?? 1) > 1;
  try {
    return await wasmEngine(wasmBuild, engine !== undefined || build !== undefined, threads);
  } catch (error) {
    if (asked) throw error;
    return await reference(`the reference engine, which is slow, because ${(error as Error).message}`);
  }
}
