/**
 * Opens an engine: the best there is, or the one asked for.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { isGpuNoisy, runtimeGpu } from "../runtime/gpu.ts";
import type { Engine, EngineName } from "./engine.ts";
import { EngineError } from "./errors.ts";
import { cpuEngineOf } from "./open_cpu.ts";
import { type Refusal, webgpuEngine } from "./open_gpu.ts";
import type { WasmBuild } from "./cpu/wasm/module.ts";
import { PATIENCE } from "./webgpu/adapter.ts";

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /** Insists on an engine; by default the best that runs here is taken. "webgpu" takes an adapter that computes in software too, which the default does not. */
  readonly engine?: EngineName;
  /**
   * The entry to WebGPU, where the runtime has none of its own or another one is wanted: in Bun and Node, `create([])`
   * of npm's package `webgpu`. Deno on Linux is asked for an adapter only if its own is handed in (`navigator.gpu`) or
   * `engine` is "webgpu", or if it may read XDG_RUNTIME_DIR and that is set: else Mesa's drivers would print errors
   * about it.
   */
  readonly gpu?: GPU;
  /**
   * Milliseconds to wait for each answer of the GPU (adapter, device, the product that is checked), an integer from 1
   * to 2^31 - 1. A GPU that takes longer counts as none. Default 5000.
   */
  readonly gpuTimeout?: number;
  /**
   * Insists on a build of it. wasm: "simd128" gives the same bits in every runtime; "relaxed" (the default where it
   * exists) fuses multiply and add where the runtime and the processor do, and is faster. reference: "float32" (the
   * default) or "float64".
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

/**
 * Why an entry to WebGPU gave no engine that nobody insisted on: it is asked once, or again by who waits longer, since
 * asking takes a driver's time.
 */
const refusals = new WeakMap<GPU, Refusal>();

/** The builds of each engine; webgpu has one for each adapter. */
const BUILDS: Record<EngineName, readonly string[]> = {
  wasm: ["relaxed", "simd128"],
  webgpu: [],
  reference: ["float32", "float64"],
};

function checkOptions({ engine, build, module, threads, gpu, gpuTimeout }: EngineOptions): void {
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
  for (const [name, value] of Object.entries({ gpu, gpuTimeout })) {
    if (value !== undefined && asked !== "webgpu" && engine !== undefined) {
      throw new RangeError(`${name} is given, but the ${asked} engine uses no GPU`);
    }
  }
  if (gpuTimeout !== undefined) integer("gpuTimeout", gpuTimeout, 1, 2 ** 31 - 1, " of milliseconds");
  if (gpu !== undefined && (typeof gpu !== "object" || gpu === null)) {
    throw new TypeError(`gpu is ${gpu}; it must be an entry to WebGPU, such as navigator.gpu`);
  }
  if (module && Object.prototype.toString.call(module) !== "[object WebAssembly.Module]") {
    throw new TypeError("module must be a WebAssembly.Module, compiled of what `wasmBytes` of @tacet/tacet/wasm gives");
  }
}

const NOT_ASKED = "Deno on Linux is asked for a GPU only where one is handed in (openEngine({ gpu: navigator.gpu }))";

/** The engine on hardware that nobody insists on, or why there is none. */
async function hardwareEngine(gpu: GPU | undefined, given: boolean, patience: number): Promise<Engine | string> {
  if (!given && gpu && isGpuNoisy()) return NOT_ASKED;
  const known = gpu && refusals.get(gpu);
  if (known && known.patience >= patience) return known.reason;
  const opened = await webgpuEngine(gpu, false, patience);
  if (!("reason" in opened)) return opened;
  if (gpu) refusals.set(gpu, opened);
  return opened.reason;
}

/**
 * Opens the best engine this runtime has: webgpu on a hardware adapter that computes a small product correctly, else
 * wasm with relaxed SIMD, else wasm with plain SIMD, else the slow reference, which needs no WebAssembly. `engine.why`
 * tells the choice in a sentence, and what was refused. Deno on Linux is asked for a GPU only as the option `gpu` says.
 *
 * @throws {EngineError} (as a rejection) if an engine is asked for that cannot run here.
 * @throws {RangeError} (as a rejection) if there is no such engine or build, or an option is not the engine's.
 * @throws {TypeError} (as a rejection) if `gpu` or `module` is something else.
 * @example
 * ```ts
 * import { openEngine } from "@tacet/tacet";
 * using engine = await openEngine();
 * console.log(engine.why);
 * ```
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions(options);
  const { engine, build, module, threads, gpu = runtimeGpu(), gpuTimeout = PATIENCE } = options;
  if (engine === "webgpu") {
    const opened = await webgpuEngine(gpu, true, gpuTimeout);
    if (!("reason" in opened)) return opened;
    throw new EngineError(
      `the webgpu engine cannot run here: ${opened.reason}; take another engine, or hand in a GPU (openEngine({ gpu }))`,
    );
  }
  if (engine !== undefined || build !== undefined || threads !== undefined || module) return await cpuEngineOf(options);
  const opened = await hardwareEngine(gpu, options.gpu !== undefined, gpuTimeout);
  if (typeof opened !== "string") return opened;
  const chosen = await cpuEngineOf(options);
  return { ...chosen, why: `${chosen.why}; not webgpu: ${opened}` };
}
