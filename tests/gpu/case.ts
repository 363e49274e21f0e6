/** A case of the GPU tests: the same in every runtime, over whatever entry to WebGPU that has. */
import { findAdapter } from "../../src/engine/webgpu/adapter.ts";
import { gpuEngine, openDevice } from "../../src/engine/webgpu/engine.ts";
import type { Device } from "../../src/engine/webgpu/device.ts";
import type { Engine } from "../../mod.ts";
import { wasmMachine } from "../support/wasm_machine.ts";

/** A case. */
export interface Case {
  readonly name: string;
  run(gpu: GPU): Promise<void>;
}

/**
 * The engine in the arrangement for software adapters, or in that for hardware: tiles in workgroup memory, sums shared
 * by slices.
 */
export type Arrangement = "software" | "hardware";

/** A device of the first adapter in an arrangement, whatever the adapter is. */
export async function deviceOf(gpu: GPU, arrangement: Arrangement = "software"): Promise<Device> {
  const found = await findAdapter(gpu);
  if (!found) throw new Error("there is no adapter");
  return await openDevice({ ...found, isSoftware: arrangement === "software" });
}

/** The branches of shaders that any case has run: each constant that is a boolean or a `kind`, with its value. */
export const branchesRun = new Set<string>();

/** A branch of a shader as {@link branchesRun} has it; a shader without such constants is one branch. */
export function branch(shader: string, constant?: string, value?: number | boolean): string {
  return constant === undefined ? shader : `${shader} with ${constant} ${value}`;
}

/** An engine over such a device, whose kernels are noted in {@link branchesRun}. */
export async function engineOf(gpu: GPU, arrangement: Arrangement = "software"): Promise<Engine> {
  const device = await deviceOf(gpu, arrangement), run = device.run.bind(device);
  device.run = (kernel, ...values) => {
    branchesRun.add(branch(kernel.name));
    for (const [constant, value] of Object.entries(kernel.constants)) {
      if (typeof value === "boolean" || constant === "kind") branchesRun.add(branch(kernel.name, constant, value));
    }
    run(kernel, ...values);
  };
  return gpuEngine(device, "test", "the test asks for it", () => wasmMachine("simd128"));
}
