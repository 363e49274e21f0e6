/**
 * What can go wrong with an engine.
 *
 * @module
 */

/** An engine that was asked for cannot run here, or no longer; the message says why. */
export class EngineError extends Error {
  /** The name of the class. */
  override name = "EngineError";
}

/** The GPU's device is gone: its driver failed, or it was destroyed. Open another engine and go on from the last checkpoint. */
export class DeviceLostError extends EngineError {
  /** Always "DeviceLostError". */
  override name = "DeviceLostError";
}

/** The GPU has not the memory that was asked for. */
export class DeviceMemoryError extends EngineError {
  /** Always "DeviceMemoryError". */
  override name = "DeviceMemoryError";
}

/** A network, batch or data set is larger than one of the GPU's limits. */
export class DeviceLimitError extends EngineError {
  /** Always "DeviceLimitError". */
  override name = "DeviceLimitError";
}

/** The GPU refused what it was told to do: a defect of this library or of a driver. */
export class DeviceValidationError extends EngineError {
  /** Always "DeviceValidationError". */
  override name = "DeviceValidationError";
}
