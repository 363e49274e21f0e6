/**
 * Elements rounded to a few levels.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. `count` is a multiple of 4. */
export interface QuantizeKernels {
  /** y = floor(min(max(x, 0), bound) * scale + 0.5) * step, each operation rounded; x, y: `[count]`. */
  quantizeForward(x: Pointer, y: Pointer, count: number, bound: number, scale: number, step: number): void;
  /** dx = dy where 0 <= x <= bound, else 0: `[count]`; dx may be dy. */
  quantizeGradient(x: Pointer, dy: Pointer, dx: Pointer, count: number, bound: number): void;
}
