/**
 * The compiled kernels: two builds, of which a probe picks one.
 *
 * @module
 */
import { common, relaxed, shared } from "../../generated/kernels.ts";
import type { KernelName } from "../kernels.ts";
import { hasRelaxedSimd } from "./relaxed.ts";
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

/** The bytes of the relaxed build, of which the other one is made. */
export function relaxedBytes(): Uint8Array<ArrayBuffer> {
  return fromText(relaxed, common);
}

const compiled = new Map<WasmBuild, WebAssembly.Module>();

/**
 * The module of a build, compiled of its bytes when it is first asked for.
 *
 * @throws {WebAssembly.CompileError} if the runtime has no SIMD, or forbids compiling at this time.
 * @throws {TypeError} if it has no WebAssembly.
 */
export function compiledOnce(build: WasmBuild, bytes: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  // A page's settings (Lockdown Mode) and flags (`--jitless`) take it away.
  if (typeof WebAssembly === "undefined") throw new TypeError("this runtime has no WebAssembly");
  const module = compiled.get(build) ?? new WebAssembly.Module(bytes());
  compiled.set(build, module);
  return module;
}

/** The same. What makes the bytes of simd128 is loaded where they are needed. */
export async function wasmModule(build: WasmBuild): Promise<WebAssembly.Module> {
  if (build === "relaxed") return compiledOnce(build, relaxedBytes);
  const { rounded } = await import("./rounded.ts");
  return compiledOnce(build, () => rounded(relaxedBytes()));
}

/**
 * The names of the kernels whose work is in shares, found by the build from what their code calls; the others are done
 * by the calling thread alone.
 */
export function kernelsInShares(module: WebAssembly.Module): KernelName[] {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name as KernelName);
  return names.filter((_, i) => shared >> BigInt(i) & 1n);
}

// Some edge runtimes compile only while a module is loaded, never inside a request: so it is compiled here.
try {
  if (bestBuild === "relaxed") compiledOnce(bestBuild, relaxedBytes);
} catch {
  // Whoever opens the wasm engine is told by the same error then.
}
