/**
 * Convolution, ReLU and max-pooling as one: the convolution by its definition, then the first maximum of every window,
 * if it is positive.
 *
 * @module
 */
import type { PooledConvolutionKernels } from "../kernels/pooled_convolution.ts";
import { POOL_SHAPE } from "../kernels/memory.ts";
import { sumsOf } from "./convolution.ts";
import type { ReferenceMemory } from "./memory.ts";
import { eachPlace, poolSizes } from "./pooling.ts";
import { convShape, sizes } from "./taps.ts";

/**
 * The whole layer: y and winner `[outputs][pooled rows][pooled columns][lanes]` from x
 * `[channels][height][width][lanes]`.
 *
 * @param bias absent if 0, and so is `winner`
 * @param listed the places of the weights that take part; by default all do
 */
export function poolConvolved(
  memory: ReferenceMemory,
  [x, weight, bias, y, winner, conv, pool]: readonly [number, number, number, number, number, number, number],
  listed?: Int32Array,
): void {
  const s = convShape(memory, conv), { rows, columns } = sizes(s);
  const p = { ...memory.record(pool, POOL_SHAPE), channels: s.outputs, height: rows, width: columns, lanes: s.lanes };
  // Equal is what is equal once stored: the dense kernels compare stored sums.
  const values = sumsOf(memory, [x, weight, bias], s, listed).map((sum) => memory.round(sum));
  const count = poolSizes(p).y, ys = memory.floatsAt(y, count).fill(0);
  const winners = winner === 0 ? undefined : memory.intsAt(winner, count).fill(-1);
  eachPlace(p, (yAt, xAt, place) => {
    const value = values[xAt]!, isNumber = !Number.isNaN(value);
    // NaN stays: a maximum passes over none.
    if (isNumber && !(value > ys[yAt]!)) return;
    ys[yAt] = value;
    if (winners) winners[yAt] = isNumber ? place : -1;
  });
}

/** The pooled convolution over a memory, from all weights. Sums run in float64; scratch is not used. */
export function pooledConvolution(memory: ReferenceMemory): PooledConvolutionKernels {
  return {
    pooledConvForward: (x, weight, bias, y, winner, _scratch, conv, pool) =>
      poolConvolved(memory, [x, weight, bias, y, winner, conv, pool]),
  };
}
