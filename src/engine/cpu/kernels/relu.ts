/**
 * The rectifier and its gradient.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface ReluKernels {
  /** y = max(x, 0) over `count` floats (a multiple of 4); y may be x. */
  reluForward(x: Pointer, y: Pointer, count: number): void;
  /** dx = y > 0 ? dy : 0; dx may be dy. */
  reluGradient(y: Pointer, dy: Pointer, dx: Pointer, count: number): void;
}
