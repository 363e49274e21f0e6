/**
 * Pooling: the maximum or the mean over windows, and where their gradients go.
 *
 * @module
 */
import type { PoolingKernels } from "../kernels/pooling.ts";
import { POOL_SHAPE } from "../kernels/memory.ts";
import type { ReferenceMemory } from "./memory.ts";

type Shape = Record<(typeof POOL_SHAPE)[number], number>;

/** The rows and columns that a pooling gives, and how many floats its tensors have. */
export function poolSizes(s: Shape): { rows: number; columns: number; x: number; y: number } {
  const rows = Math.floor((s.height - s.windowHeight) / s.strideHeight) + 1;
  const columns = Math.floor((s.width - s.windowWidth) / s.strideWidth) + 1;
  return {
    rows,
    columns,
    x: s.channels * s.height * s.width * s.lanes,
    y: s.channels * rows * columns * s.lanes,
  };
}

/**
 * Calls `visit` with the offsets (in floats) of every output and each of its inputs, and the input's place in the
 * window, row by row.
 */
export function eachPlace(s: Shape, visit: (yAt: number, xAt: number, place: number) => void): void {
  const { rows, columns } = poolSizes(s);
  for (let channel = 0; channel < s.channels; channel++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let i = 0; i < s.windowHeight; i++) {
          for (let j = 0; j < s.windowWidth; j++) {
            const y = row * s.strideHeight + i;
            const x = column * s.strideWidth + j;
            for (let lane = 0; lane < s.lanes; lane++) {
              const yAt = ((channel * rows + row) * columns + column) * s.lanes + lane;
              const xAt = ((channel * s.height + y) * s.width + x) * s.lanes + lane;
              visit(yAt, xAt, i * s.windowWidth + j);
            }
          }
        }
      }
    }
  }
}

/**
 * The pooling kernels over a memory: x `[channels][height][width][lanes]`, y and winner
 * `[channels][rows][columns][lanes]`.
 */
export function pooling(
  memory: ReferenceMemory,
): PoolingKernels {
  return {
    maxPoolForward(x, y, winner, shape) {
      const s = memory.record(shape, POOL_SHAPE);
      const size = poolSizes(s);
      const xs = memory.floatsAt(x, size.x);
      const ys = memory.floatsAt(y, size.y);
      const winners = memory.intsAt(winner, size.y);
      eachPlace(s, (yAt, xAt, place) => {
        // NaN stays: a maximum passes over none.
        if (place === 0 || xs[xAt]! > ys[yAt]! || Number.isNaN(xs[xAt])) {
          ys[yAt] = xs[xAt]!;
          winners[yAt] = place;
        }
      });
    },

    maxPoolGradient(dy, winner, dx, shape) {
      const s = memory.record(shape, POOL_SHAPE);
      const size = poolSizes(s);
      const dys = memory.floatsAt(dy, size.y);
      const winners = memory.intsAt(winner, size.y);
      const sums = new Float64Array(size.x);
      eachPlace(s, (yAt, xAt, place) => {
        if (winners[yAt] === place) sums[xAt]! += dys[yAt]!;
      });
      memory.floatsAt(dx, size.x).set(sums);
    },

    averagePoolForward(x, y, shape) {
      const s = memory.record(shape, POOL_SHAPE);
      const size = poolSizes(s);
      const xs = memory.floatsAt(x, size.x);
      const sums = new Float64Array(size.y);
      eachPlace(s, (yAt, xAt) => sums[yAt]! += xs[xAt]!);
      const places = s.windowHeight * s.windowWidth;
      memory.floatsAt(y, size.y).set(sums.map((sum) => sum / places));
    },

    averagePoolGradient(dy, dx, shape) {
      const s = memory.record(shape, POOL_SHAPE);
      const size = poolSizes(s);
      const dys = memory.floatsAt(dy, size.y);
      const places = s.windowHeight * s.windowWidth;
      const sums = new Float64Array(size.x);
      eachPlace(s, (yAt, xAt) => sums[xAt]! += dys[yAt]! / places);
      memory.floatsAt(dx, size.x).set(sums);
    },
  };
}
