/**
 * The fully connected layer: y = W x + b and its two gradients.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface DenseKernels {
  /** y[o] = bias[o] + sum over i of weight[o][i] * x[i]. `bias` may be 0. */
  denseForward(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    inputs: number,
    outputs: number,
    lanes: number,
  ): void;
  /** dx[i] = sum over o of weight[o][i] * dy[o]. */
  denseInputGradient(dy: Pointer, weight: Pointer, dx: Pointer, inputs: number, outputs: number, lanes: number): void;
  /** dWeight[o][i] = sum over lanes of dy[o] * x[i]. */
  denseWeightGradient(x: Pointer, dy: Pointer, dWeight: Pointer, inputs: number, outputs: number, lanes: number): void;
}
