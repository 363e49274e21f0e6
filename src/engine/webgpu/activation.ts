/**
 * What flows between layers on a GPU.
 *
 * @module
 */
import type { Activation } from "../backend.ts";

/** An activation `[...shape][lanes]` and its gradient; undefined where nobody needs it. */
export interface GpuActivation extends Activation {
  readonly value: GPUBuffer;
  readonly gradient: GPUBuffer | undefined;
  /** Whether a ReLU made it: whoever writes its gradient sets it to 0 where the value is. */
  readonly isRelu: boolean;
}
