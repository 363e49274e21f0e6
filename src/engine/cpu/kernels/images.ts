/**
 * The two orders of a batch: lanes innermost, as activations are, and image by image.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface ImagesKernels {
  /** x `[channels][pixels][lanes]` to images `[lanes][pixels][channels]`, each `imageStride` floats from the next. */
  toImages(x: Pointer, images: Pointer, channels: number, pixels: number, lanes: number): void;
  /** images `[lanes][pixels][channels]` to x `[channels][pixels][lanes]`. */
  fromImages(images: Pointer, x: Pointer, channels: number, pixels: number, lanes: number): void;
}
