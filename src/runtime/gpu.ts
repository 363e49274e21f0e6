/**
 * The GPUs of this runtime.
 *
 * @module
 */

/** The entry to WebGPU, or undefined where the runtime has none. */
export function runtimeGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}
