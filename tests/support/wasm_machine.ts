/** Machines of the compiled kernels, for tests that wait for nothing. */
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { wasmBytes } from "../../src/engine/cpu/wasm/bytes.ts";
import { wasmMachine as machineOf } from "../../src/engine/cpu/wasm/machine.ts";
import { compiledOnce, type WasmBuild } from "../../src/engine/cpu/wasm/module.ts";

/** The compiled module of a build. */
export function wasmModule(build: WasmBuild): WebAssembly.Module {
  return compiledOnce(build, () => wasmBytes(build));
}

/** A new machine of a build. */
export function wasmMachine(build: WasmBuild): Machine {
  return machineOf(wasmModule(build));
}
