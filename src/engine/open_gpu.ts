/**
 * Opens the engine on a GPU, if there is one that answers and computes rightly.
 *
 * @module
 */
import { reasonOf } from "../checks/reason.ts";
import { TimeoutError } from "../runtime/timer.ts";
import type { Engine } from "./engine.ts";
import { drawingMachines } from "./open_cpu.ts";
import { askDevice, findAdapter } from "./webgpu/adapter.ts";

/** Why there is no engine on a GPU, in a few words. */
export interface Refusal {
  readonly reason: string;
  /** Milliseconds after which it was given up: whoever waits longer may get another answer. Infinity for answers. */
  readonly patience: number;
}

/** The error in words, and whether it would be worth while to wait longer. */
function refusal(error: unknown, what: string, patience: number): Refusal {
  // An error that says what failed has as its cause why.
  const late = error instanceof TimeoutError || (error as Error | undefined)?.cause instanceof TimeoutError;
  const reason = `${what}: ${reasonOf(error)}${late ? " (gpuTimeout)" : ""}`;
  return { reason, patience: late ? patience : Infinity };
}

/**
 * The engine on a GPU, or why there is none. Software adapters count only where they are `welcome`.
 *
 * @param patience milliseconds to wait for each of the GPU's answers
 */
export async function webgpuEngine(
  gpu: GPU | undefined,
  welcome: boolean,
  patience: number,
): Promise<Engine | Refusal> {
  const refused = (reason: string): Refusal => ({ reason, patience: Infinity });
  if (!gpu) return refused("this runtime has no WebGPU");
  let found;
  try {
    found = await findAdapter(gpu, patience);
  } catch (error) {
    return refusal(error, "asking for an adapter failed", patience);
  }
  if (!found) return refused("there is no adapter");
  const { description, isSoftware } = found;
  if (isSoftware && !welcome) return refused(`the only adapter, ${description}, computes in software`);
  // Asked for while the engine is loaded; whatever comes of it is looked at behind that.
  const asked = askDevice(found, patience);
  asked.catch(() => {});
  try {
    const { gpuEngine, openDevice } = await import("./webgpu/engine.ts");
    const drawing = await drawingMachines(), device = await openDevice(found, patience, asked);
    const kind = isSoftware ? "which computes in software" : "a hardware adapter that passed the check";
    const why = `the webgpu engine on ${description}, ${kind}${welcome ? ", because it was asked for" : ""}`;
    return gpuEngine(device, description, why, drawing);
  } catch (error) {
    return refusal(error, `the adapter ${description} was refused`, patience);
  }
}
