/**
 * The optimizers' updates, with the mask of the suppressed weights and the pull towards zero or a bound.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface UpdateKernels {
  /**
   * weight = (weight - rate * gradient) where kept, exactly 0 where masked; less rate * deWeight if given. `mask` and
   * `deWeight` may be 0; any `count`.
   */
  sgd(weight: Pointer, gradient: Pointer, mask: Pointer, deWeight: Pointer, count: number, rate: number): void;
  /** velocity = momentum * velocity + gradient (0 where masked); weight as in sgd with velocity for gradient. */
  momentum(
    weight: Pointer,
    gradient: Pointer,
    velocity: Pointer,
    mask: Pointer,
    deWeight: Pointer,
    count: number,
    rate: number,
    momentum: number,
  ): void;
  /** weight = 0 where masked, whatever it was; any `count`. */
  applyMask(weight: Pointer, mask: Pointer, count: number): void;
  /** out = (a + b) * factor over any `count` floats; out may be a or b. */
  scaledSum(a: Pointer, b: Pointer, out: Pointer, count: number, factor: number): void;
  /**
   * Adam: m = beta1 m + (1 - beta1) dx, v = beta2 v + (1 - beta2) dx^2, x = clip(x - rate * (m * scale1) / (sqrt(v *
   * scale2) + epsilon), low, high), with scale1 = 1 / (1 - beta1^t), scale2 = 1 / (1 - beta2^t).
   */
  adamStep(
    x: Pointer,
    dx: Pointer,
    m: Pointer,
    v: Pointer,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale1: number,
    scale2: number,
    low: number,
    high: number,
  ): void;
}
