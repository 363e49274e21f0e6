/**
 * The image inversion attack: its losses, and the two ways of moving the pixels.
 *
 * @module
 */
import type { InversionKernels } from "../kernels/inversion.ts";
import type { ReferenceMemory } from "./memory.ts";
import { clip } from "./update.ts";

/** The attack's kernels over a memory. Every lane is an image of its own; sums run in float64. */
export function inversion(
  memory: ReferenceMemory,
): InversionKernels {
  return {
    featureLoss(features, targets, dFeatures, losses, count, images, lanes, factor) {
      const fs = memory.floatsAt(features, count * lanes);
      const ts = memory.floatsAt(targets, count * lanes);
      const gradient = memory.floatsAt(dFeatures, count * lanes).fill(0);
      const lossOf = memory.floatsAt(losses, lanes).fill(0);
      for (let lane = 0; lane < images; lane++) {
        let error = 0;
        let square = 0;
        for (let i = lane; i < count * lanes; i += lanes) {
          error += (fs[i]! - ts[i]!) ** 2;
          square += ts[i]! ** 2;
        }
        // The count cancels in the ratio of the two means; without a ratio it stays.
        const divisor = square === 0 ? count : square;
        lossOf[lane] = memory.round(factor) * error / divisor;
        for (let i = lane; i < count * lanes; i += lanes) {
          gradient[i] = memory.round(factor) * 2 * (fs[i]! - ts[i]!) / divisor;
        }
      }
    },

    imagePriors(x, dx, losses, channels, height, width, lanes, vertical, horizontal, square) {
      const xs = memory.floatsAt(x, channels * height * width * lanes);
      const gradient = new Float64Array(xs.length);
      const lossOf = new Float64Array(lanes);
      const at = (channel: number, row: number, column: number, lane: number) =>
        ((channel * height + row) * width + column) * lanes + lane;
      /** Adds factor * (x[a] - x[b])^2. */
      const difference = (factor: number, a: number, b: number, lane: number) => {
        const d = xs[a]! - xs[b]!;
        lossOf[lane]! += factor * d * d;
        gradient[a]! += 2 * factor * d;
        gradient[b]! -= 2 * factor * d;
      };
      for (let channel = 0; channel < channels; channel++) {
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            for (let lane = 0; lane < lanes; lane++) {
              const here = at(channel, row, column, lane);
              if (row + 1 < height) difference(memory.round(vertical), here, at(channel, row + 1, column, lane), lane);
              if (column + 1 < width) {
                difference(memory.round(horizontal), here, at(channel, row, column + 1, lane), lane);
              }
              lossOf[lane]! += memory.round(square) * xs[here]! ** 2;
              gradient[here]! += 2 * memory.round(square) * xs[here]!;
            }
          }
        }
      }
      const dxs = memory.floatsAt(dx, xs.length);
      for (let i = 0; i < dxs.length; i++) dxs[i]! += gradient[i]!;
      const total = memory.floatsAt(losses, lanes);
      for (let lane = 0; lane < lanes; lane++) total[lane]! += lossOf[lane]!;
    },

    signStep(x, dx, count, rate, low, high) {
      const xs = memory.floatsAt(x, count);
      const dxs = memory.floatsAt(dx, count);
      for (let i = 0; i < count; i++) {
        const moved = memory.round(xs[i]! - memory.round(rate) * Math.sign(dxs[i]!));
        // A step along what is no number must not pass for one that stayed.
        xs[i] = Number.isFinite(dxs[i]!) ? clip(moved, memory.round(low), memory.round(high)) : NaN;
      }
    },
  };
}
