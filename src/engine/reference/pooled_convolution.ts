/**
 * Convolution, ReLU and max-pooling as one: the convolution by its definition, then the first maximum of every window, if it is positive.
 *
 * @module
 */
import { CONV_SHAPE, type Kernels, POOL_SHAPE } from "../kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The shape of a convolution, by the names of its fields. */
export type ConvShape = Record<(typeof CONV_SHAPE)[number], number>;

/** The rows and columns that a convolution gives. */
export function convolved(s: ConvShape): { rows: number; columns: number } {
  return {
    rows: Math.floor((s.height - s.kernelHeight) / s.strideHeight) + 1,
    columns: Math.floor((s.width - s.kernelWidth) / s.strideWidth) + 1,
  };
}

/** Where a weight `[outputs][channels][kernelHeight][kernelWidth]` is, by its place in the tensor. */
export function tapOf(
  s: ConvShape,
  weightAt: number,
): { output: number; channel: number; row: number; column: number } {
  const rowAt = Math.floor(weightAt / s.kernelWidth);
  const channelAt = Math.floor(rowAt / s.kernelHeight);
  return {
    output: Math.floor(channelAt / s.channels),
    channel: channelAt % s.channels,
    row: rowAt % s.kernelHeight,
    column: weightAt % s.kernelWidth,
  };
}

/**
 * The whole layer from the listed weights: y and winner `[outputs][pooled rows][pooled columns][lanes]` from x `[channels][height][width][lanes]`.
 *
 * @param listed the places of the weights that take part, in ascending order
 * @param bias absent if 0, and so is `winner`
 */
export function poolConvolved(
  memory: ReferenceMemory,
  listed: Iterable<number>,
  [x, weight, bias, y, winner, conv, pool]: readonly [number, number, number, number, number, number, number],
): void {
  const s = memory.record(conv, CONV_SHAPE);
  const { rows, columns } = convolved(s);
  const positions = rows * columns;
  const xs = memory.floatsAt(x, s.channels * s.height * s.width * s.lanes);
  const weights = memory.floatsAt(weight, s.outputs * s.channels * s.kernelHeight * s.kernelWidth);
  const sums = new Float64Array(s.outputs * positions * s.lanes);
  if (bias !== 0) {
    const share = positions * s.lanes;
    memory.floatsAt(bias, s.outputs).forEach((value, o) => sums.fill(value, o * share, (o + 1) * share));
  }
  for (const weightAt of listed) {
    const tap = tapOf(s, weightAt);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const yAt = (tap.output * positions + row * columns + column) * s.lanes;
        const pixel = (row * s.strideHeight + tap.row) * s.width + column * s.strideWidth + tap.column;
        const xAt = (tap.channel * s.height * s.width + pixel) * s.lanes;
        for (let lane = 0; lane < s.lanes; lane++) sums[yAt + lane]! += weights[weightAt]! * xs[xAt + lane]!;
      }
    }
  }

  const p = memory.record(pool, POOL_SHAPE);
  const pooledRows = Math.floor((rows - p.windowHeight) / p.strideHeight) + 1;
  const pooledColumns = Math.floor((columns - p.windowWidth) / p.strideWidth) + 1;
  const count = s.outputs * pooledRows * pooledColumns * s.lanes;
  const ys = memory.floatsAt(y, count);
  const winners = winner === 0 ? undefined : memory.intsAt(winner, count);
  let at = 0;
  for (let output = 0; output < s.outputs; output++) {
    for (let row = 0; row < pooledRows; row++) {
      for (let column = 0; column < pooledColumns; column++) {
        for (let lane = 0; lane < s.lanes; lane++, at++) {
          let most = 0;
          let place = -1;
          for (let i = 0; i < p.windowHeight; i++) {
            for (let j = 0; j < p.windowWidth; j++) {
              const position = (row * p.strideHeight + i) * columns + column * p.strideWidth + j;
              // Equal is what is equal once stored: the dense kernels compare stored sums.
              const value = memory.round(sums[(output * positions + position) * s.lanes + lane]!);
              if (value > most) {
                most = value;
                place = i * p.windowWidth + j;
              }
            }
          }
          ys[at] = most;
          if (winners !== undefined) winners[at] = place;
        }
      }
    }
  }
}

/** The pooled convolution over a memory, from all weights. Sums run in float64; scratch is not used. */
export function pooledConvolution(memory: ReferenceMemory): Pick<Kernels, "pooledConvForward"> {
  return {
    pooledConvForward(x, weight, bias, y, winner, _scratch, conv, pool) {
      const s = memory.record(conv, CONV_SHAPE);
      const all = new Uint32Array(s.outputs * s.channels * s.kernelHeight * s.kernelWidth).keys();
      poolConvolved(memory, all, [x, weight, bias, y, winner, conv, pool]);
    },
  };
}
