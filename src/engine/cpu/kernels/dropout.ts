/**
 * Elements that are left out by chance.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface DropoutKernels {
  /**
   * y = x times `scale` where word 0 of Threefry (key0, key1)(element, first + lane) is at least `threshold`, an
   * unsigned 32-bit integer; else 0. x and y are `[elements][lanes]`; y may be x. The same call with gradients in their
   * places is the way back.
   */
  dropout(
    x: Pointer,
    y: Pointer,
    elements: number,
    lanes: number,
    key0: number,
    key1: number,
    first: number,
    threshold: number,
    scale: number,
  ): void;
}
