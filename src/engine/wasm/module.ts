/**
 * The compiled kernels: two builds, of which a probe picks one.
 *
 * @module
 */
import { relaxed, simd128 } from "../generated/kernels.ts";

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

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64) return fromBase64(text);
  // Missing in Node before 26.
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The best build this runtime can run. */
export const bestBuild: WasmBuild = WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "simd128";

/** The bytes of a build. */
export function wasmBytes(build: WasmBuild): Uint8Array<ArrayBuffer> {
  return decodeBase64(build === "relaxed" ? relaxed : simd128);
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
