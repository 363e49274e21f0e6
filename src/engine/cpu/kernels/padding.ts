/**
 * Zeros around images, and their removal.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface PaddingKernels {
  /**
   * Copies x `[channels][height][width][lanes]` into y with zeros around: `[channels][height + 2 padHeight][width + 2
   * padWidth][lanes]`.
   */
  pad(
    x: Pointer,
    y: Pointer,
    channels: number,
    height: number,
    width: number,
    padHeight: number,
    padWidth: number,
    lanes: number,
  ): void;
  /** The reverse of `pad`: dx is the inside of dy; height and width are dx's. */
  unpad(
    dy: Pointer,
    dx: Pointer,
    channels: number,
    height: number,
    width: number,
    padHeight: number,
    padWidth: number,
    lanes: number,
  ): void;
}
