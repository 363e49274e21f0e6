/**
 * Opens an engine: the best there is, or the one asked for.
 *
 * @module
 */
import type { Network } from "../nn/mod.ts";
import { processors, type StartThread, threadStarter } from "../runtime/threads.ts";
import type { Engine, EngineName, ProgramOptions } from "./engine.ts";
import type { Machine } from "./machine.ts";
import { MachineParameters } from "./parameters.ts";
import { MachineProgram } from "./program.ts";
import { referenceMachine } from "./reference/machine.ts";
import { wasmMachine } from "./wasm/machine.ts";
import { threadedMachine } from "./wasm/threaded_machine.ts";
import { bestBuild, type WasmBuild, wasmModule } from "./wasm/module.ts";
import { helpfulThreads } from "./work.ts";

/** An engine that was asked for cannot run here; the message says why. */
export class EngineError extends Error {
  /** Always "EngineError". */
  override name = "EngineError";
}

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /** Insists on an engine; by default the best that runs here is taken. */
  readonly engine?: EngineName;
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

/**
 * Opens the best engine this runtime has: wasm with relaxed SIMD, else wasm with plain SIMD, else the slow reference. `engine.why` tells the choice in a sentence.
 *
 * @throws {EngineError} (as a rejection) if an engine is asked for that cannot run here.
 * @throws {RangeError} (as a rejection) if there is no such engine or build.
 * @example
 * ```ts
 * import { openEngine } from "@tacet/tacet";
 * const engine = await openEngine();
 * console.log(engine.why);
 * ```
 */
// deno-lint-ignore require-await -- it rejects, and where an engine is not at hand at once it will wait
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine, build, module, threads } = options;
  const allowed: Record<EngineName, readonly string[]> = {
    wasm: ["relaxed", "simd128"],
    reference: ["float32", "float64"],
  };
  if (engine !== undefined && !Object.hasOwn(allowed, engine)) {
    throw new RangeError(`engine is ${JSON.stringify(engine)}; there are ${Object.keys(allowed).join(" and ")}`);
  }
  if (build !== undefined && !allowed[engine ?? "wasm"].includes(build)) {
    throw new RangeError(
      `build is ${JSON.stringify(build)}; the ${engine ?? "wasm"} engine has ${
        allowed[engine ?? "wasm"].join(" and ")
      }`,
    );
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new RangeError(`threads is ${threads}; it must be an integer from 1 to 64`);
  }
  if (threads !== undefined && threads > 1 && (engine === "reference" || module)) {
    throw new RangeError(
      `threads is ${threads}, but the ${module ? "caller's own module" : "reference engine"} runs on one`,
    );
  }
  const reference = (why: string) => {
    const precision = build === "float64" ? "float64" : "float32";
    return cpuEngine("reference", precision, why, () => referenceMachine(precision));
  };
  if (engine === "reference") return reference("the reference engine, because it was asked for: it is slow");
  const wasmBuild = (build as WasmBuild | undefined) ?? bestBuild;
  if (module) {
    return cpuEngine("wasm", wasmBuild, "the wasm engine, with the caller's own module", () => wasmMachine(module));
  }
  const asked = engine !== undefined || build !== undefined || threads !== undefined;
  try {
    return wasmEngine(wasmBuild, engine !== undefined || build !== undefined, threads);
  } catch (error) {
    if (asked) throw error;
    return reference(`the reference engine, which is slow, because ${(error as Error).message}`);
  }
}
