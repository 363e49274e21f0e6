/** The exact path of the suppress operation as its tests run it, and weights on which its decisions turn. */
import type { Random } from "../../src/random/threefry.ts";
import { compareKernel, input, output, ROUNDOFF, type Run, type Tensor, updated } from "./kernel_harness.ts";
import { draw } from "./kernel_values.ts";

/** Where the lower clip ends. */
export const LOWER: number = Math.fround(0.005);
/** What the threshold must exceed for the lower clip. */
export const CLIP: number = Math.fround(0.0025);
/** The ordinary upper bound. */
export const UPPER: number = Math.fround(1.2);

/** The float32 just above a positive one. */
export function above(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]!++;
  return new Float32Array(bits.buffer)[0]!;
}

/** The values on which the decisions turn, and their neighbours. */
export const EDGES: readonly number[] = [
  0,
  -0,
  CLIP,
  LOWER,
  above(LOWER),
  0.5,
  above(0.5),
  UPPER,
  above(UPPER),
  0.004,
  0.01,
  3,
];

/** Weights of the size of trained ones, some of them on an edge or equal to another. */
export function weightsOf(random: Random, count: number, size: number): Float32Array {
  const edges = Float32Array.from(EDGES);
  const weights = draw(random, count).map((value) => value * size);
  return weights.map((value, i) => {
    const sign = random.integer(2) === 0 ? 1 : -1;
    const kind = random.integer(4);
    if (kind === 0) return sign * edges[random.integer(edges.length)]!;
    return kind === 1 ? sign * weights[random.integer(i + 1)]! : value;
  });
}

/** The settings of one run. */
export interface Options {
  stop: number;
  minNum: number;
  threshold: number;
  rate: number;
  lowerClip: number;
  addNoise: number;
  upperBound: number;
}

/** Nothing suppressed, clipped or disturbed. */
export const ORDINARY: Options = {
  stop: 100,
  minNum: -1,
  threshold: 0,
  rate: 1,
  lowerClip: 0,
  addNoise: 0,
  upperBound: UPPER,
};

/** Runs the exact path; returns the runs and the mask and deWeight they wrote. */
export function exact(
  weights: Float32Array,
  mask: Int32Array,
  { stop, minNum, threshold, rate, lowerClip, addNoise, upperBound }: Options,
  [seed, stream]: [number, number] = [1, 2],
  offset = 0,
): { runs: Run[]; masks: Tensor; pulls: Tensor } {
  const masks = updated(mask, "equal", offset);
  // Noise alone is worked out in another precision.
  const pulls = output(weights.length, addNoise ? 0.6 * ROUNDOFF / rate : "equal", offset);
  const numbers = [
    weights.length,
    stop,
    minNum,
    threshold,
    rate,
    lowerClip,
    addNoise,
    upperBound,
    seed,
    stream,
  ] as const;
  return { runs: compareKernel("suppressExact", [input(weights, offset), masks, pulls, ...numbers]), masks, pulls };
}
