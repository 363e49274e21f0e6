/**
 * The kernels' bytes, for whoever compiles them.
 *
 * @module
 */
import { relaxedBytes, type WasmBuild } from "./module.ts";
import { rounded } from "./rounded.ts";

/**
 * The bytes of a build: a module that imports nothing.
 *
 * @example
 * ```ts
 * import { wasmBytes } from "@tacet/tacet/wasm";
 * console.log(WebAssembly.validate(wasmBytes("simd128"))); // true
 * ```
 */
export function wasmBytes(build: WasmBuild): Uint8Array<ArrayBuffer> {
  const bytes = relaxedBytes();
  return build === "relaxed" ? bytes : rounded(bytes);
}
