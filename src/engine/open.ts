/**
 * Opens an engine: the best there is, or the one asked for.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { Network } from "../nn/mod.ts";
import { runtimeGpu } from "../runtime/gpu.ts";
import { processors, type StartThread, threadStarter } from "../runtime/threads.ts";
import type { Engine, EngineName, ProgramOptions } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { MachineParameters } from "./parameters.ts";
import { MachineProgram } from "./program.ts";
import { findAdapter } from "./webgpu/adapter.ts";
import { wasmMachine } from "./wasm/machine.ts";
import { threadedMachine } from "./wasm/threaded_machine.ts";
import { bestBuild, type WasmBuild, wasmModule } from "./wasm/module.ts";
import { helpfulThreads } from "./work.ts";

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /** Insists on an engine; by default the best that runs here is taken. "webgpu" takes an adapter that computes in software too, which the default does not. */
  readonly engine?: EngineName;
  /** The entry to WebGPU, where the runtime has none of its own or another one is wanted: in Bun and Node, `create([])` of npm's package `webgpu`. */
  readonly gpu?: GPU;
  /**
   * Insists on a build of it. wasm: "simd128" gives the same bits in every runtime; "relaxed" (the default where it exists) fuses multiply and add and is faster. reference:
   * "float32" (the default) or "float64".
   */
  readonly build?: WasmBuild | "float32" | "float64";
  /** A caller's own compiled module of the wasm kernels, for runtimes that forbid compiling. */
  readonly module?: WebAssembly.Module;
  /**
   * Threads that do the work, this one included, at most 64. The bits do not depend on it. By default a program has as many, up to the processors of the machine, as its network and batch size gain from, and starts them
   * once it has worked for a while. Browsers share memory among threads only in cross-origin isolated pages: elsewhere it is one. Programs have their threads until they are garbage.
   */
  readonly threads?: number;
}

function cpuEngine(
  name: EngineName,
  build: string,
  why: string,
  machine: () => Machine,
  machineFor: (network: Network, options: ProgramOptions) => Machine = machine,
): Engine {
  return {
    name,
    build,
    why,
    program: (network, options) => new MachineProgram(machineFor(network, options), network, options),
    parameters: (specs, seed) => new MachineParameters(machine(), specs, seed),
    dispose: () => {},
    [Symbol.dispose]: () => {},
  };
}

/** Kernel calls that a program does alone before it starts threads that nobody asked for: they would come too late to help with a few batches. */
const CALLS_ALONE = 100;

function wasmEngine(build: WasmBuild, asked: boolean, threads: number | undefined): Engine {
  try {
    wasmModule(build);
  } catch (cause) {
    throw new EngineError(`the wasm engine (${build}) cannot run here: ${(cause as Error).message}`, { cause });
  }
  const what = asked
    ? `the wasm engine (${build}), because it was asked for`
    : build === "relaxed"
    ? "the wasm engine, with fused multiply-add because this runtime has relaxed SIMD"
    : "the wasm engine, without fused multiply-add because this runtime has no relaxed SIMD";
  const one = () => wasmMachine(build), start = threads === 1 ? undefined : threadStarter();
  if (threads !== undefined && threads > 1) {
    if (!start) {
      throw new EngineError(
        `threads is ${threads}, but this runtime shares no memory among threads (a browser does in cross-origin isolated pages)`,
      );
    }
    return cpuEngine(
      "wasm",
      build,
      `${what}; on ${threads} threads`,
      one,
      () => threadedMachine(build, threads, start),
    );
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
  return cpuEngine("wasm", build, `${what}; on up to ${available} threads`, one, (network, { batchSize }) => {
    const helpful = helpfulThreads(network, batchSize, available);
    return helpful === 1 ? one() : threadedMachine(build, helpful, tryToStart, CALLS_ALONE);
  });
}

/** Makes machines of the reference engine. It is loaded when it is first needed, as the webgpu engine is: a bundler that splits code keeps both out of what is loaded first. */
async function referenceMachines(): Promise<typeof import("./reference/machine.ts").referenceMachine> {
  return (await import("./reference/machine.ts")).referenceMachine;
}

/** Makes the machines that draw a GPU's first values. */
async function drawingMachines(): Promise<() => Machine> {
  try {
    wasmModule(bestBuild);
    return () => wasmMachine(bestBuild);
  } catch {
    return await referenceMachines();
  }
}

/** The engine on a GPU, or in a few words why there is none. Software adapters count only where they are `welcome`. */
async function webgpuEngine(gpu: GPU | undefined, welcome: boolean): Promise<Engine | string> {
  if (!gpu) return "this runtime has no WebGPU";
  let found;
  try {
    found = await findAdapter(gpu);
  } catch (error) {
    return `asking for an adapter failed: ${(error as Error).message}`;
  }
  if (!found) return "there is no adapter";
  const { description, isSoftware } = found;
  if (isSoftware && !welcome) return `the only adapter, ${description}, computes in software`;
  try {
    const { gpuEngine, openDevice } = await import("./webgpu/engine.ts");
    const drawing = await drawingMachines(), device = await openDevice(found);
    const kind = isSoftware ? "which computes in software" : "a hardware adapter that passed the check";
    const why = `the webgpu engine on ${description}, ${kind}${welcome ? ", because it was asked for" : ""}`;
    return gpuEngine(device, description, why, drawing);
  } catch (error) {
    return `the adapter ${description} was refused: ${(error as Error).message}`;
  }
}

/** Why an entry to WebGPU gave no engine that nobody insisted on: it is asked once, since asking takes a driver's time. */
const refusals = new WeakMap<GPU, string>();

/** The builds of each engine; webgpu has one for each adapter. */
const BUILDS: Record<EngineName, readonly string[]> = {
  wasm: ["relaxed", "simd128"],
  webgpu: [],
  reference: ["float32", "float64"],
};

function checkOptions({ engine, build, module, threads, gpu }: EngineOptions): void {
  const asked = engine ?? "wasm";
  if (!Object.hasOwn(BUILDS, asked)) {
    throw new RangeError(`engine is ${JSON.stringify(engine)}; there are ${Object.keys(BUILDS).join(", ")}`);
  }
  if (build !== undefined && !BUILDS[asked].includes(build)) {
    const has = BUILDS[asked].length > 0 ? BUILDS[asked].join(" and ") : "none to choose from";
    throw new RangeError(`build is ${JSON.stringify(build)}; the ${asked} engine has ${has}`);
  }
  if (threads !== undefined && integer("threads", threads, 1, 64) > 1 && (asked !== "wasm" || module)) {
    throw new RangeError(
      `threads is ${threads}, but the ${module ? "caller's own module" : `${asked} engine`} runs on one`,
    );
  }
  if (gpu !== undefined && asked !== "webgpu" && engine !== undefined) {
    throw new RangeError(`gpu is given, but the ${asked} engine uses none`);
  }
}

/** The best engine on the CPU, or the build of it that is asked for. */
async function cpuEngineOf({ engine, build, module, threads }: EngineOptions): Promise<Engine> {
  const reference = async (why: string) => {
    const precision = build === "float64" ? "float64" : "float32", machine = await referenceMachines();
    return cpuEngine("reference", precision, why, () => machine(precision));
  };
  if (engine === "reference") return await reference("the reference engine, because it was asked for: it is slow");
  const wasmBuild = (build as WasmBuild | undefined) ?? bestBuild;
  if (module) {
    return cpuEngine("wasm", wasmBuild, "the wasm engine, with the caller's own module", () => wasmMachine(module));
  }
  const asked = engine !== undefined || build !== undefined || threads !== undefined;
  try {
    return wasmEngine(wasmBuild, engine !== undefined || build !== undefined, threads);
  } catch (error) {
    if (asked) throw error;
    return await reference(`the reference engine, which is slow, because ${(error as Error).message}`);
  }
}

/**
 * Opens the best engine this runtime has: webgpu on a hardware adapter that computes a small product correctly, else wasm with relaxed SIMD, else wasm with plain SIMD, else the slow reference. `engine.why`
 * tells the choice in a sentence, and what was refused.
 *
 * @throws {EngineError} (as a rejection) if an engine is asked for that cannot run here.
 * @throws {RangeError} (as a rejection) if there is no such engine or build, or an option is not the engine's.
 * @example
 * ```ts
 * import { openEngine } from "@tacet/tacet";
 * using engine = await openEngine();
 * console.log(engine.why);
 * ```
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions(options);
  const { engine, build, module, threads, gpu = runtimeGpu() } = options;
  if (engine === "webgpu") {
    const opened = await webgpuEngine(gpu, true);
    if (typeof opened === "string") {
      throw new EngineError(
        `the webgpu engine cannot run here: ${opened}; take another engine, or hand in a GPU (openEngine({ gpu }))`,
      );
    }
    return opened;
  }
  if (engine !== undefined || build !== undefined || threads !== undefined || module) return await cpuEngineOf(options);
  const opened = (gpu && refusals.get(gpu)) ?? await webgpuEngine(gpu, false);
  if (typeof opened !== "string") return opened;
  if (gpu) refusals.set(gpu, opened);
  const chosen = await cpuEngineOf(options);
  return { ...chosen, why: `${chosen.why}; not webgpu: ${opened}` };
}
