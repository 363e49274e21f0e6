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
import type { EngineOptions } from "./options.ts";
import { PATIENCE } from "./webgpu/adapter.ts";

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
