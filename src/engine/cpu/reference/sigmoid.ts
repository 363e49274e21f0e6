/**
 * The logistic function and its gradient.
 *
 * @module
 */
import type { SigmoidKernels } from "../kernels/sigmoid.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The logistic kernels over a memory, element for element. */
export function sigmoid(memory: ReferenceMemory): SigmoidKernels {
  return {
    sigmoidForward(x, y, count) {
      const xs = memory.floatsAt(x, count);
      const ys = memory.floatsAt(y, count);
      for (let i = 0; i < count; i++) ys[i] = 1 / (1 + Math.exp(-xs[i]!));
    },

    sigmoidGradient(y, dy, dx, count) {
      const ys = memory.floatsAt(y, count);
      const dys = memory.floatsAt(dy, count);
      const dxs = memory.floatsAt(dx, count);
      for (let i = 0; i < count; i++) dxs[i] = dys[i]! * ys[i]! * (1 - ys[i]!);
    },
  };
}
