/**
 * Convolution, ReLU and max-pooling as one: the convolution by its definition, then the first maximum of every window,
 * if it is positive.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface PooledConvolutionKernels {
  /**
   * Convolution, ReLU and max-pool as one: y `[outputs][pooled rows][pooled columns][lanes]`; `winner` (int32, as many
   * as y; may be 0) receives the place of the window's first maximum, row by row, or -1 where that is not positive.
   * `conv` and `pool` are the shapes of the two; `scratch` has room for 6 outputs' packed weights (7 * channels *
   * window floats) and rows of a pooling window, and 64 bytes.
   */
  pooledConvForward(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    winner: Pointer,
    scratch: Pointer,
    conv: Pointer,
    pool: Pointer,
  ): void;
}
