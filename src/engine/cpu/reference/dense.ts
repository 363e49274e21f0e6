/**
 * The fully connected layer: y = W x + b and its two gradients.
 *
 * @module
 */
import type { DenseKernels } from "../kernels/dense.ts";
import { forwardOf, inputGradientOf, weightGradientOf } from "./convolution.ts";
import type { ReferenceMemory } from "./memory.ts";
import { denseShape } from "./taps.ts";

/**
 * The dense kernels over a memory: x `[inputs][lanes]`, weight `[outputs][inputs]`, y `[outputs][lanes]`. Sums run in
 * float64.
 */
export function dense(
  memory: ReferenceMemory,
): DenseKernels {
  return {
    denseForward: (x, weight, bias, y, inputs, outputs, lanes) =>
      forwardOf(memory, [x, weight, bias], y, denseShape(inputs, outputs, lanes)),

    denseInputGradient: (dy, weight, dx, inputs, outputs, lanes) =>
      inputGradientOf(memory, [dy, weight, dx], denseShape(inputs, outputs, lanes)),

    denseWeightGradient: (x, dy, dWeight, inputs, outputs, lanes) =>
      weightGradientOf(memory, [x, dy, dWeight], denseShape(inputs, outputs, lanes)),
  };
}
