/**
 * The functions of single elements and their gradients.
 *
 * @module
 */
import type { ElementwiseName } from "../../../nn/layers/table.ts";
import type { Pointer } from "./memory.ts";

/** y = f(x) over `count` floats (a multiple of 4); y may be x. */
type Forward = (x: Pointer, y: Pointer, count: number) => void;
/** dx = dy f'(x), of which `from` is x or y, whichever the function's row says; dx may be dy. */
type Gradient = (from: Pointer, dy: Pointer, dx: Pointer, count: number) => void;

/**
 * The kernels of this family, two for each row of the table of layers that is such a function: `reluForward`,
 * `reluGradient`, and so on; see `../kernels.ts`.
 */
export type ElementwiseKernels =
  & { readonly [Name in `${ElementwiseName}Forward`]: Forward }
  & { readonly [Name in `${ElementwiseName}Gradient`]: Gradient };
