/** The engines of the CPU that are here, to be opened by these options. */
import type { EngineOptions } from "../../mod.ts";
import { bestBuild, type WasmBuild } from "../../src/engine/cpu/wasm/module.ts";

/** The builds of the kernels that this runtime can run. */
export const BUILDS: readonly WasmBuild[] = bestBuild === "relaxed" ? ["simd128", "relaxed"] : ["simd128"];

/** The wasm engine by each of them. */
export const WASM: readonly EngineOptions[] = BUILDS.map((build) => ({ engine: "wasm", build }));

/** The same, and the reference engine. */
export const ENGINES: readonly EngineOptions[] = [...WASM, { engine: "reference" }];
