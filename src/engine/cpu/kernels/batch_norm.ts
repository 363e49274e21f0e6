/**
 * Batch normalisation of units, each `[places][lanes]`: the channels of an image or single features.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/**
 * The kernels of this family; see `../kernels.ts`. x, y and their gradients are `[units][places][lanes]`, all others
 * `[units]`.
 */
export interface BatchNormKernels {
  /** Mean and (biased) variance of each unit over its places and the first `images` lanes; sums in float64. */
  batchStatistics(
    x: Pointer,
    mean: Pointer,
    variance: Pointer,
    units: number,
    places: number,
    images: number,
    lanes: number,
  ): void;
  /** y = weight (x - mean) / sqrt(variance + epsilon) + bias. */
  batchNormForward(
    x: Pointer,
    mean: Pointer,
    variance: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    units: number,
    places: number,
    lanes: number,
    epsilon: number,
  ): void;
  /** dWeight = the sum of dy (x - mean) / sqrt(variance + epsilon), dBias = that of dy; sums in float64. */
  batchNormParameterGradients(
    x: Pointer,
    mean: Pointer,
    variance: Pointer,
    dy: Pointer,
    dWeight: Pointer,
    dBias: Pointer,
    units: number,
    places: number,
    lanes: number,
    epsilon: number,
  ): void;
  /**
   * dx, from the gradients of weight and bias, where mean and variance are those of the first `images` lanes; 0 in the
   * others. With `images` 0 mean and variance depend on no x, and the gradients of weight and bias are not looked at.
   */
  batchNormInputGradient(
    x: Pointer,
    mean: Pointer,
    variance: Pointer,
    weight: Pointer,
    dWeight: Pointer,
    dBias: Pointer,
    dy: Pointer,
    dx: Pointer,
    units: number,
    places: number,
    images: number,
    lanes: number,
    epsilon: number,
  ): void;
}
