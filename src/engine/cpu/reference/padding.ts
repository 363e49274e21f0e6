/**
 * Zeros around images, and their removal.
 *
 * @module
 */
import type { PaddingKernels } from "../kernels/padding.ts";
import type { ReferenceMemory } from "./memory.ts";

/**
 * The padding kernels over a memory: inside `[channels][height][width][lanes]`, outside with padHeight rows and
 * padWidth columns more on each side.
 */
export function padding(memory: ReferenceMemory): PaddingKernels {
  return {
    pad(x, y, channels, height, width, padHeight, padWidth, lanes) {
      const tall = height + 2 * padHeight;
      const wide = width + 2 * padWidth;
      const xs = memory.floatsAt(x, channels * height * width * lanes);
      const ys = memory.floatsAt(y, channels * tall * wide * lanes);
      ys.fill(0);
      for (let channel = 0; channel < channels; channel++) {
        for (let row = 0; row < height; row++) {
          const from = (channel * height + row) * width * lanes;
          const to = ((channel * tall + row + padHeight) * wide + padWidth) * lanes;
          ys.set(xs.subarray(from, from + width * lanes), to);
        }
      }
    },

    unpad(dy, dx, channels, height, width, padHeight, padWidth, lanes) {
      const tall = height + 2 * padHeight;
      const wide = width + 2 * padWidth;
      const dys = memory.floatsAt(dy, channels * tall * wide * lanes);
      const dxs = memory.floatsAt(dx, channels * height * width * lanes);
      for (let channel = 0; channel < channels; channel++) {
        for (let row = 0; row < height; row++) {
          const from = ((channel * tall + row + padHeight) * wide + padWidth) * lanes;
          const to = (channel * height + row) * width * lanes;
          dxs.set(dys.subarray(from, from + width * lanes), to);
        }
      }
    },
  };
}
