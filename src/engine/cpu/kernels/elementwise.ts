/**
 * The functions of single elements and their gradients.
 *
 * @module
 */
import type { ElementwiseName } from "../../../nn/layers/table.ts";
import type { Pointer } from "./memory.ts";

/**
 * The kernels of this family, two for each row of the table of layers that is such a function; see `../kernels.ts`.
 *
 * | function | y | dx / dy |
 * | --- | --- | --- |
 * | relu | max(x, 0) | y > 0 ? 1 : 0 |
 * | sigmoid | 1 / (1 + e^-x), from float64 | y (1 - y) |
 * | gelu | x Phi(x), from float64 | Phi(x) + x Phi'(x), from float64 |
 */
export type ElementwiseKernels =
  & {
    readonly [
      /** y = f(x) over `count` floats (a multiple of 4); y may be x. */
      Name in `${ElementwiseName}Forward`
    ]: (x: Pointer, y: Pointer, count: number) => void;
  }
  & {
    readonly [
      /** dx = dy f'(x); `from` is x or y, whichever the function's row says. dx may be dy. */
      Name in `${ElementwiseName}Gradient`
    ]: (from: Pointer, dy: Pointer, dx: Pointer, count: number) => void;
  };
