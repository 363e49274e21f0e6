/**
 * What can go wrong with an engine.
 *
 * @module
 */

/**
 * An engine that was asked for cannot run here, or no longer; the message says why.
 *
 * @example
 * ```ts
 * import { EngineError, openEngine } from "@tacet/tacet";
 * try {
 *   (await openEngine({ engine: "webgpu" })).dispose();
 * } catch (error) {
 *   if (!(error instanceof EngineError)) throw error;
 *   console.log(error.message); // this machine has no adapter
 * }
 * ```
 */
export class EngineError extends Error {
  /** The name of the class. */
  override name = "EngineError";
}

/**
 * The GPU's device is gone: its driver failed, or it was destroyed. Open another engine and go on from the last
 * checkpoint.
 *
 * @example
 * ```ts
 * import { DeviceLostError, openEngine } from "@tacet/tacet";
 * // Does the work on the best engine, and on the processor if the GPU fails meanwhile.
 * async function despiteLoss<T>(work: (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<T>): Promise<T> {
 *   try {
 *     return await work(await openEngine());
 *   } catch (error) {
 *     if (!(error instanceof DeviceLostError)) throw error;
 *     return await work(await openEngine({ engine: "wasm" }));
 *   }
 * }
 * console.log(await despiteLoss((engine) => Promise.resolve(engine.name)));
 * ```
 */
export class DeviceLostError extends EngineError {
  /** Always "DeviceLostError". */
  override name = "DeviceLostError";
}

/**
 * The GPU has not the memory that was asked for.
 *
 * @example
 * ```ts
 * import { DeviceMemoryError } from "@tacet/tacet";
 * const error = new DeviceMemoryError("the device has no memory for a batch of 1,000,000 images: take a smaller one");
 * console.log(error.name); // "DeviceMemoryError"
 * ```
 */
export class DeviceMemoryError extends EngineError {
  /** Always "DeviceMemoryError". */
  override name = "DeviceMemoryError";
}

/**
 * A network, batch or data set is larger than one of the GPU's limits.
 *
 * @example
 * ```ts
 * import { DeviceLimitError, lenet5, openEngine } from "@tacet/tacet";
 * const engine = await openEngine();
 * try {
 *   engine.program(lenet5(), { batchSize: 4096 });
 * } catch (error) {
 *   if (!(error instanceof DeviceLimitError)) throw error;
 *   console.log(error.message); // a smaller batch may fit
 * }
 * ```
 */
export class DeviceLimitError extends EngineError {
  /** Always "DeviceLimitError". */
  override name = "DeviceLimitError";
}

/**
 * The GPU refused what it was told to do: a defect of this library or of a driver.
 *
 * @example
 * ```ts
 * import { DeviceValidationError, EngineError } from "@tacet/tacet";
 * console.log(new DeviceValidationError("the binding is too small") instanceof EngineError); // true
 * ```
 */
export class DeviceValidationError extends EngineError {
  /** Always "DeviceValidationError". */
  override name = "DeviceValidationError";
}
