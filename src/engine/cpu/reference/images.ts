/**
 * The two orders of a batch: lanes innermost, as activations are, and image by image.
 *
 * @module
 */
import type { ImagesKernels } from "../kernels/images.ts";
import { imageStride } from "../kernels/memory.ts";
import type { ReferenceMemory } from "./memory.ts";

/**
 * Calls `visit` with the offsets (in floats) of every element in x `[channels][pixels][lanes]` and in images
 * `[lanes][pixels][channels]`.
 */
function eachElement(
  channels: number,
  pixels: number,
  lanes: number,
  visit: (xAt: number, imageAt: number) => void,
): void {
  const stride = imageStride(channels, pixels);
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let lane = 0; lane < lanes; lane++) {
        visit((channel * pixels + pixel) * lanes + lane, lane * stride + pixel * channels + channel);
      }
    }
  }
}

/** The kernels that reorder a batch, over a memory: every element is copied as it is. */
export function images(memory: ReferenceMemory): ImagesKernels {
  return {
    toImages(x, images, channels, pixels, lanes) {
      const xs = memory.floatsAt(x, channels * pixels * lanes);
      const to = memory.floatsAt(images, imageStride(channels, pixels) * lanes);
      eachElement(channels, pixels, lanes, (xAt, imageAt) => to[imageAt] = xs[xAt]!);
    },

    fromImages(images, x, channels, pixels, lanes) {
      const from = memory.floatsAt(images, imageStride(channels, pixels) * lanes);
      const xs = memory.floatsAt(x, channels * pixels * lanes);
      eachElement(channels, pixels, lanes, (xAt, imageAt) => xs[xAt] = from[imageAt]!);
    },
  };
}
