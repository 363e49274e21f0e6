/**
 * Opens an engine: the best there is, or the one asked for.
 *
 * @module
 */
import { threadStarter } from "../runtime/threads.ts";
import type { Engine, EngineName } from "./engine.ts";
import type { Machine } from "./machine.ts";
import { MachineParameters } from "./parameters.ts";
import { MachineProgram } from "./program.ts";
import { referenceMachine } from "./reference/machine.ts";
import { wasmMachine } from "./wasm/machine.ts";
import { threadedMachine } from "./wasm/threaded_machine.ts";
import { bestBuild, type WasmBuild, wasmModule } from "./wasm/module.ts";

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
   * Threads that do the work, this one included; default 1, at most 64. The bits do not depend on it. Browsers share memory among threads only in cross-origin isolated pages; programs then have their
   * threads until they are garbage.
   */
  readonly threads?: number;
}

function cpuEngine(name: EngineName, build: string, why: string, machine: () => Machine): Engine {
  return {
    name,
    build,
    why,
    program: (network, options) => new MachineProgram(machine(), network, options),
    parameters: (specs, seed) => new MachineParameters(machine(), specs, seed),
  };
}

function wasmEngine(build: WasmBuild, module: WebAssembly.Module | undefined, asked: boolean): Engine {
  if (module) {
    return cpuEngine("wasm", build, "the wasm engine, with the caller's own module", () => wasmMachine(module));
  }
  try {
    wasmModule(build);
  } catch (cause) {
    throw new EngineError(`the wasm engine (${build}) cannot run here: ${(cause as Error).message}`, { cause });
  }
  const why = asked
    ? `the wasm engine (${build}), because it was asked for`
    : build === "relaxed"
    ? "the wasm engine, with fused multiply-add because this runtime has relaxed SIMD"
    : "the wasm engine, without fused multiply-add because this runtime has no relaxed SIMD";
  return cpuEngine("wasm", build, why, () => wasmMachine(build));
}

/** The wasm engine on several threads. */
async function threadedEngine(build: WasmBuild, threads: number): Promise<Engine> {
  const start = await threadStarter();
  if (!start) {
    throw new EngineError(
      `threads is ${threads}, but this runtime shares no memory among threads (a browser does in cross-origin isolated pages)`,
    );
  }
  const why = `the wasm engine (${build}) on ${threads} threads, because they were asked for`;
  return cpuEngine("wasm", build, why, () => threadedMachine(build, threads, start));
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
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine, build, module, threads = 1 } = options;
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
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`threads is ${threads}; it must be an integer from 1 to 64`);
  }
  if (threads > 1 && (engine === "reference" || module)) {
    throw new RangeError(
      `threads is ${threads}, but the ${module ? "caller's own module" : "reference engine"} runs on one`,
    );
  }
  const reference = (why: string) => {
    const precision = build === "float64" ? "float64" : "float32";
    return cpuEngine("reference", precision, why, () => referenceMachine(precision));
  };
  if (engine === "reference") return reference("the reference engine, because it was asked for: it is slow");
  if (threads > 1) return await threadedEngine((build as WasmBuild | undefined) ?? bestBuild, threads);
  const asked = engine !== undefined || build !== undefined;
  try {
    return wasmEngine((build as WasmBuild | undefined) ?? bestBuild, module, asked);
  } catch (error) {
    if (asked) throw error;
    return reference(`the reference engine, which is slow, because ${(error as Error).message}`);
  }
}
