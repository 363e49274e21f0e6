/**
 * The fully connected layer: y = W x + b and its two gradients.
 *
 * @module
 */
import type { DenseKernels } from "../kernels/dense.ts";
import type { ReferenceMemory } from "./memory.ts";

/**
 * The dense kernels over a memory: x `[inputs][lanes]`, weight `[outputs][inputs]`, y `[outputs][lanes]`. Sums run in
 * float64.
 */
export function dense(
  memory: ReferenceMemory,
): DenseKernels {
  return {
    denseForward(x, weight, bias, y, inputs, outputs, lanes) {
      const xs = memory.floatsAt(x, inputs * lanes);
      const weights = memory.floatsAt(weight, outputs * inputs);
      const biases = bias === 0 ? undefined : memory.floatsAt(bias, outputs);
      const ys = memory.floatsAt(y, outputs * lanes);
      for (let o = 0; o < outputs; o++) {
        for (let lane = 0; lane < lanes; lane++) {
          let sum = biases?.[o] ?? 0;
          for (let i = 0; i < inputs; i++) sum += weights[o * inputs + i]! * xs[i * lanes + lane]!;
          ys[o * lanes + lane] = sum;
        }
      }
    },

    denseInputGradient(dy, weight, dx, inputs, outputs, lanes) {
      const dys = memory.floatsAt(dy, outputs * lanes);
      const weights = memory.floatsAt(weight, outputs * inputs);
      const dxs = memory.floatsAt(dx, inputs * lanes);
      for (let i = 0; i < inputs; i++) {
        for (let lane = 0; lane < lanes; lane++) {
          let sum = 0;
          for (let o = 0; o < outputs; o++) sum += weights[o * inputs + i]! * dys[o * lanes + lane]!;
          dxs[i * lanes + lane] = sum;
        }
      }
    },

    denseWeightGradient(x, dy, dWeight, inputs, outputs, lanes) {
      const xs = memory.floatsAt(x, inputs * lanes);
      const dys = memory.floatsAt(dy, outputs * lanes);
      const dWeights = memory.floatsAt(dWeight, outputs * inputs);
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          let sum = 0;
          for (let lane = 0; lane < lanes; lane++) sum += dys[o * lanes + lane]! * xs[i * lanes + lane]!;
          dWeights[o * inputs + i] = sum;
        }
      }
    },
  };
}
