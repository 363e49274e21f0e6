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

/** A new device of the first adapter in an arrangement, whatever the adapter is. */
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

interface Shared {
  readonly device: Device;
  readonly engine: Engine;
}

/** What the cases share, by arrangement. */
const shared = new Map<Arrangement, Promise<Shared>>();

/** The device that the cases share in an arrangement, and the engine over it. */
export function sharedOf(gpu: GPU, arrangement: Arrangement = "software"): Promise<Shared> {
  let opened = shared.get(arrangement);
  if (!opened) {
    opened = deviceOf(gpu, arrangement).then((device) => ({ device, engine: engineOver(device) }));
    shared.set(arrangement, opened);
  }
  return opened;
}

/** The engine that the cases share: what one has compiled, the next need not. */
export async function engineOf(gpu: GPU, arrangement?: Arrangement): Promise<Engine> {
  return (await sharedOf(gpu, arrangement)).engine;
}

/** A case that leaves nothing broken to those behind it where it fails: they open engines anew. */
export function apart({ name, run }: Case): Case {
  const alone = (gpu: GPU) =>
    run(gpu).catch((error) => {
      shared.clear();
      throw error;
    });
  return { name, run: alone };
}

/** An engine over a device, whose kernels are noted in {@link branchesRun}. */
export function engineOver(device: Device): Engine {
  const run = device.run.bind(device);
  device.run = (kernel, ...values) => {
    branchesRun.add(branch(kernel.name));
    for (const [constant, value] of Object.entries(kernel.constants)) {
      if (typeof value === "boolean" || constant === "kind") branchesRun.add(branch(kernel.name, constant, value));
    }
    run(kernel, ...values);
  };
  return gpuEngine(device, "test", "the test asks for it", () => wasmMachine("simd128"));
}
