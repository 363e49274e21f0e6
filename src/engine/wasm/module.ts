/**
 * The compiled kernels: two builds, of which a probe picks one.
 *
 * @module
 */
import { common, relaxed } from "../generated/kernels.ts";
import { rounded } from "./rounded.ts";
import { fromText } from "./text.ts";

/** The builds of the kernels: relaxed-simd fuses multiply and add where the processor can, simd128 rounds twice and gives the same bits everywhere. */
export type WasmBuild = "relaxed" | "simd128";

/** A module of one function that does a relaxed multiply-add: valid only where relaxed SIMD exists. */
const RELAXED_PROBE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // one type: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x0a, 0x13, 0x01, 0x11, 0x00], // one body of 17 bytes without locals
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f], // three times i32.const 0, i8x16.splat
  ...[0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd, end
]);

/**
 * The best build this runtime can run.
 *
 * @example
 * ```ts
 * import { bestBuild } from "@tacet/tacet/wasm";
 * console.log(bestBuild); // relaxed, where the runtime has relaxed SIMD
 * ```
 */
export const bestBuild: WasmBuild = WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "simd128";

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
  const bytes = fromText(relaxed, common);
  return build === "relaxed" ? bytes : rounded(bytes);
}

const compiled = new Map<WasmBuild, WebAssembly.Module>();

/**
 * The compiled module of a build.
 *
 * @throws {WebAssembly.CompileError} if the runtime has no SIMD, or forbids compiling at this time.
 */
export function wasmModule(build: WasmBuild): WebAssembly.Module {
  let module = compiled.get(build);
  if (!module) {
    module = new WebAssembly.Module(wasmBytes(build));
    compiled.set(build, module);
  }
  return module;
}

// Some edge runtimes compile only while a module is loaded, never inside a request: so the best build is compiled here.
try {
  wasmModule(bestBuild);
} catch {
  // No SIMD: whoever opens the wasm engine is told by the same error then.
}
