/**
 * The rectifier and its gradient.
 *
 * @module
 */
import type { ReluKernels } from "../kernels/relu.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The rectifier kernels over a memory, element for element. */
export function relu(memory: ReferenceMemory): ReluKernels {
  return {
    reluForward(x, y, count) {
      const xs = memory.floatsAt(x, count);
      const ys = memory.floatsAt(y, count);
      for (let i = 0; i < count; i++) ys[i] = Math.max(xs[i]!, 0);
    },

    reluGradient(y, dy, dx, count) {
      const ys = memory.floatsAt(y, count);
      const dys = memory.floatsAt(dy, count);
      const dxs = memory.floatsAt(dx, count);
      for (let i = 0; i < count; i++) dxs[i] = ys[i]! > 0 ? dys[i]! : 0;
    },
  };
}
