/**
 * Convolution (cross-correlation) by its definition: all three kernels visit every triple of output, weight and input
 * that belong together.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface ConvolutionKernels {
  /**
   * y[o][r][c] = bias[o] + sum over channels and window of weight[o] * x. `bias` may be 0; `scratch` has room for 6
   * outputs' packed weights (7 * channels * window floats).
   */
  conv2dForward(x: Pointer, weight: Pointer, bias: Pointer, y: Pointer, scratch: Pointer, shape: Pointer): void;
  /**
   * dx from dy: the transposed convolution; every element of dx is written. `scratch` as large as the weight + 64
   * bytes.
   */
  conv2dInputGradient(dy: Pointer, weight: Pointer, dx: Pointer, scratch: Pointer, shape: Pointer): void;
  /** dWeight = sum over positions and lanes of dy * x; every element is written. */
  conv2dWeightGradient(x: Pointer, dy: Pointer, dWeight: Pointer, shape: Pointer): void;
  /** dBias[channel] = sum over positions and lanes of dy `[channels][positions][lanes]`. */
  biasGradient(dy: Pointer, dBias: Pointer, channels: number, positions: number, lanes: number): void;
}
