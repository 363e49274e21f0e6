/**
 * The image inversion attack: its losses, and the two ways of moving the pixels.
 *
 * @module
 */
import type { Kernels } from "../kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The attack's kernels over a memory. Every lane is an image of its own; sums run in float64. */
export function inversion(
  memory: ReferenceMemory,
): Pick<Kernels, "featureLoss" | "squaredError" | "imagePriors" | "signStep" | "adamStep"> {
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

    squaredError(y, targets, dY, losses, count, images, lanes) {
      const ys = memory.floatsAt(y, count * lanes);
      const ts = memory.floatsAt(targets, count * lanes);
      const gradient = memory.floatsAt(dY, count * lanes).fill(0);
      const lossOf = memory.floatsAt(losses, lanes).fill(0);
      for (let lane = 0; lane < images; lane++) {
        let error = 0;
        for (let i = lane; i < count * lanes; i += lanes) {
          error += (ys[i]! - ts[i]!) ** 2;
          gradient[i] = 2 * (ys[i]! - ts[i]!) / (count * images);
        }
        lossOf[lane] = error / count;
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

    adamStep(x, dx, m, v, count, rate, beta1, beta2, epsilon, scale1, scale2, low, high) {
      const xs = memory.floatsAt(x, count);
      const dxs = memory.floatsAt(dx, count);
      const ms = memory.floatsAt(m, count);
      const vs = memory.floatsAt(v, count);
      const b1 = memory.round(beta1), take1 = memory.round(1 - b1);
      const b2 = memory.round(beta2), take2 = memory.round(1 - b2);
      const times = (a: number, b: number) => memory.round(a * b);
      for (let i = 0; i < count; i++) {
        ms[i] = times(b1, ms[i]!) + times(take1, dxs[i]!);
        vs[i] = times(b2, vs[i]!) + times(take2, times(dxs[i]!, dxs[i]!));
        const root = memory.round(Math.sqrt(times(vs[i]!, memory.round(scale2))));
        const deviation = memory.round(root + memory.round(epsilon));
        const step = memory.round(times(memory.round(rate), times(ms[i]!, memory.round(scale1))) / deviation);
        const moved = memory.round(xs[i]! - step);
        xs[i] = Number.isFinite(vs[i]!) ? clip(moved, memory.round(low), memory.round(high)) : NaN;
      }
    },
  };
}
