/**
 * Adapters: what is asked for before the rest of the webgpu engine is loaded, which is for nothing where there is none.
 *
 * @module
 */

import { within } from "../../runtime/timer.ts";

/** Milliseconds to wait for each answer of a GPU, unless told otherwise. */
export const PATIENCE = 5000;

/** An adapter, and in words which it is. */
export interface Adapter {
  readonly adapter: GPUAdapter;
  readonly description: string;
  /** Whether it computes in software, on the CPU. */
  readonly isSoftware: boolean;
}

/**
 * The best adapter of an entry to WebGPU, or undefined if there is none.
 *
 * @param patience milliseconds to wait for the answer
 * @throws {TimeoutError} (as a rejection) if none came.
 */
export async function findAdapter(gpu: GPU, patience = PATIENCE): Promise<Adapter | undefined> {
  const adapter = await within(patience, Promise.resolve(gpu.requestAdapter({ powerPreference: "high-performance" })));
  if (!adapter) return undefined;
  const info = adapter.info as GPUAdapterInfo & { readonly isFallbackAdapter?: boolean };
  const { vendor = "", architecture = "", device = "", description = "" } = info ?? {};
  const words = [description, architecture, device, vendor].filter((word) => /[a-z]/i.test(word));
  const isSoftware = (info?.isFallbackAdapter ?? (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter) ===
      true || /llvmpipe|lavapipe|swiftshader|basic render|\bcpu\b|software/i.test(words.join(" "));
  return { adapter, description: words[0] ?? "an adapter without a name", isSoftware };
}

/**
 * A device of an adapter, with the largest buffers that it allows.
 *
 * @param patience milliseconds to wait for it; one that comes later is given back
 * @throws {TimeoutError} (as a rejection) if none came.
 */
export async function askDevice({ adapter }: Adapter, patience = PATIENCE): Promise<GPUDevice> {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const late = (device: GPUDevice | undefined) => device?.destroy();
  return await within(patience, Promise.resolve(adapter.requestDevice({ requiredLimits })), late);
}
