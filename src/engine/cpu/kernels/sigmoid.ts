/**
 * The logistic function and its gradient.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface SigmoidKernels {
  /** y = 1 / (1 + e^-x) over `count` floats (a multiple of 4), from float64; y may be x. */
  sigmoidForward(x: Pointer, y: Pointer, count: number): void;
  /** dx = dy * y * (1 - y); dx may be dy. */
  sigmoidGradient(y: Pointer, dy: Pointer, dx: Pointer, count: number): void;
}
