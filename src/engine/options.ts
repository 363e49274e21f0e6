/**
 * What can be asked of an engine.
 *
 * @module
 */
import type { WasmBuild } from "./cpu/wasm/module.ts";
import type { EngineName } from "./engine.ts";

/** Options of `openEngine`. */
export interface EngineOptions {
  /**
   * Insists on an engine; by default the best that runs here is taken. "webgpu" takes an adapter that computes in
   * software too, which the default does not.
   */
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
   * Threads that do the work, this one included, at most 64. The bits do not depend on it. By default a program has as
   * many, up to the processors of the machine, as its network and batch size gain from, and starts them once it has
   * worked for a while. Browsers share memory among threads only in cross-origin isolated pages: elsewhere it is one.
   * Programs have their threads until they are garbage.
   */
  readonly threads?: number;
}
