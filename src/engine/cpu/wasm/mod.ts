/**
 * The kernels as WebAssembly, for runtimes that want a module compiled beforehand: edge runtimes that import `.wasm`
 * files, pages that compile in the background.
 *
 * @example Compile the kernels oneself
 * ```ts
 * import { openEngine } from "@tacet/tacet";
 * import { wasmBytes } from "@tacet/tacet/wasm";
 * const module = await WebAssembly.compile(wasmBytes("simd128"));
 * const engine = await openEngine({ module, build: "simd128" });
 * console.log(engine.build); // simd128
 * ```
 *
 * @module
 */
export { wasmBytes } from "./bytes.ts";
export { bestBuild, type WasmBuild } from "./module.ts";
