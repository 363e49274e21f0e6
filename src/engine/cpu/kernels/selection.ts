/**
 * Order statistics of magnitudes, by sorting. Magnitudes are compared as float32, as they are on every other engine.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface SelectionKernels {
  /** The largest |weight|; 0 if there is none. */
  maxMagnitude(weight: Pointer, count: number): number;
  /**
   * Writes the distinct values of |weight| among those kept by the mask to `out` (room for `count` floats) and returns
   * how many there are. `table` has room for `tableSize` int32, a power of two of at least 2 * count.
   */
  distinctMagnitudes(
    weight: Pointer,
    mask: Pointer,
    count: number,
    out: Pointer,
    table: Pointer,
    tableSize: number,
  ): number;
  /** The k-th smallest |value| (k from 1 to count), by selection; `histogram` has room for 2048 int32. */
  kthSmallestMagnitude(values: Pointer, count: number, k: number, histogram: Pointer): number;
}
