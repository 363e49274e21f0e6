/**
 * Pooling: the maximum or the mean over windows, and where their gradients go.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface PoolingKernels {
  /**
   * y = maximum over each window; `winner` (int32, as many as y) receives the winner's place in the window, row by row;
   * of equals the first wins.
   */
  maxPoolForward(x: Pointer, y: Pointer, winner: Pointer, shape: Pointer): void;
  /** dx = dy at the winners, 0 elsewhere, added where windows overlap. */
  maxPoolGradient(dy: Pointer, winner: Pointer, dx: Pointer, shape: Pointer): void;
  /** y = mean over each window. */
  averagePoolForward(x: Pointer, y: Pointer, shape: Pointer): void;
  /** dx = the sum of dy / window size over the windows that hold the pixel. */
  averagePoolGradient(dy: Pointer, dx: Pointer, shape: Pointer): void;
}
