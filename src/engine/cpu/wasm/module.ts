/**
 * The compiled kernels: two builds, of which a probe picks one.
 *
 * @module
 */
import { common, relaxed, shared } from "../../generated/kernels.ts";
import type { KernelName } from "../kernels.ts";
import { hasRelaxedSimd } from "./relaxed.ts";
import { rounded } from "./rounded.ts";
import { fromText } from "./text.ts";

/**
 * The builds of the kernels: relaxed-simd fuses multiply and add where the processor can, simd128 rounds twice and
 * gives the same bits everywhere.
 */
export type WasmBuild = "relaxed" | "simd128";

/**
 * The best build this runtime can run; "simd128" also where it can run none, since it has no SIMD or no WebAssembly.
 *
 * @example
 * ```ts
 * import { bestBuild } from "@tacet/tacet/wasm";
 * console.log(bestBuild); // relaxed, where the runtime has relaxed SIMD
 * ```
 */
export const bestBuild: WasmBuild = hasRelaxedSimd() ? "relaxed" : "simd128";

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
 * @throws {TypeError} if it has no WebAssembly.
 */
export function wasmModule(build: WasmBuild): WebAssembly.Module {
  // A page's settings (Lockdown Mode) and flags (`--jitless`) take it away.
  if (typeof WebAssembly === "undefined") throw new TypeError("this runtime has no WebAssembly");
  let module = compiled.get(build);
  if (!module) {
    module = new WebAssembly.Module(wasmBytes(build));
    compiled.set(build, module);
  }
  return module;
}

/**
 * The names of the kernels whose work is in shares, found by the build from what their code calls; the others are done
 * by the calling thread alone.
 */
export function kernelsInShares(module: WebAssembly.Module): KernelName[] {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name as KernelName);
  return names.filter((_, i) => shared >> BigInt(i) & 1n);
}

// Some edge runtimes compile only while a module is loaded, never inside a request: so the best build is compiled here.
try {
  wasmModule(bestBuild);
} catch {
  // No SIMD, no WebAssembly: whoever opens the wasm engine is told by the same error then.
}
