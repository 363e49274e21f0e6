/**
 * Engines: what carries a network's arithmetic out.
 *
 * @module
 */
export type * from "./engine.ts";
export { DeviceLimitError, DeviceLostError, DeviceMemoryError, DeviceValidationError, EngineError } from "./errors.ts";
export { type EngineOptions, openEngine } from "./open.ts";
export { pixels } from "./pixels.ts";
export { ThreadError } from "./cpu/wasm/threaded_machine.ts";
export type { WasmBuild } from "./cpu/wasm/module.ts";
