/**
 * From uint8 images to the input of a batch: resize, pick, scale, transpose.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface GatherKernels {
  /**
   * Resizes uint8 planes `[planes][sourceHeight][sourceWidth]` to `[planes][height][width]`: bilinear, half-pixel
   * centres, edges clamped, with 11-bit coefficients and rounding as OpenCV's. `scratch` has room for 4 * (height +
   * width) int32.
   */
  resize(
    images: Pointer,
    out: Pointer,
    planes: number,
    sourceHeight: number,
    sourceWidth: number,
    height: number,
    width: number,
    scratch: Pointer,
  ): void;
  /**
   * The input of a batch: x `[size][lanes]` from uint8 images `[...][size]`, the lane's image being `indices[lane]`
   * (int32), times `scale` in float32. Lanes from `count` on become 0.
   */
  gather(
    images: Pointer,
    indices: Pointer,
    x: Pointer,
    count: number,
    size: number,
    lanes: number,
    scale: number,
  ): void;
}
