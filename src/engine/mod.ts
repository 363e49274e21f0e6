/**
 * Engines: what carries a network's arithmetic out.
 *
 * @example
 * ```ts
 * import { openEngine } from "@tacet/tacet/engine";
 * import { lenet5 } from "@tacet/tacet/nn";
 * using engine = await openEngine();
 * const program = engine.program(lenet5(), { batchSize: 1 });
 * program.setInput(new Float32Array(32 * 32));
 * program.forward();
 * console.log((await program.output()).length); // 10
 * ```
 *
 * @module
 */
export type * from "./engine.ts";
export { DeviceLimitError, DeviceLostError, DeviceMemoryError, DeviceValidationError, EngineError } from "./errors.ts";
export { openEngine } from "./open.ts";
export type { EngineOptions } from "./options.ts";
export { pixels } from "./pixels.ts";
export { ThreadError } from "./cpu/wasm/thread_error.ts";
export type { WasmBuild } from "./cpu/wasm/module.ts";
