/**
 * Convolution (cross-correlation) by its definition: all three kernels visit every triple of output, weight and input
 * that belong together.
 *
 * @module
 */
import type { ConvolutionKernels } from "../kernels/convolution.ts";
import type { ReferenceMemory } from "./memory.ts";
import { type ConvShape, convShape, eachTap, everyWeight, sizes } from "./taps.ts";

/** Pointers to what a kernel takes, in the order of its arguments. */
type Pointers = readonly [number, number, number];

/** The sums of the listed weights alone, all of them by default, and of the bias if its pointer is not 0. */
export function sumsOf(
  memory: ReferenceMemory,
  [x, weight, bias]: Pointers,
  s: ConvShape,
  listed?: Int32Array,
): Float64Array {
  const size = sizes(s), share = size.y / s.outputs;
  const xs = memory.floatsAt(x, size.x), weights = memory.floatsAt(weight, size.weight);
  const sums = new Float64Array(size.y);
  if (bias !== 0) memory.floatsAt(bias, s.outputs).forEach((value, o) => sums.fill(value, o * share, (o + 1) * share));
  eachTap(s, listed ?? everyWeight(s), (yAt, weightAt, xAt) => {
    for (let lane = 0; lane < s.lanes; lane++) sums[yAt + lane]! += weights[weightAt]! * xs[xAt + lane]!;
  });
  return sums;
}

/** y of the listed weights alone. */
export function forwardOf(
  memory: ReferenceMemory,
  pointers: Pointers,
  y: number,
  s: ConvShape,
  listed?: Int32Array,
): void {
  memory.floatsAt(y, sizes(s).y).set(sumsOf(memory, pointers, s, listed));
}

/** dx from the listed weights alone; every element is written. */
export function inputGradientOf(
  memory: ReferenceMemory,
  [dy, weight, dx]: Pointers,
  s: ConvShape,
  listed?: Int32Array,
): void {
  const size = sizes(s);
  const dys = memory.floatsAt(dy, size.y), weights = memory.floatsAt(weight, size.weight);
  const sums = new Float64Array(size.x);
  eachTap(s, listed ?? everyWeight(s), (yAt, weightAt, xAt) => {
    for (let lane = 0; lane < s.lanes; lane++) sums[xAt + lane]! += weights[weightAt]! * dys[yAt + lane]!;
  });
  memory.floatsAt(dx, size.x).set(sums);
}

/** dWeight of the listed weights; the others' is left as it is. */
export function weightGradientOf(
  memory: ReferenceMemory,
  [x, dy, dWeight]: Pointers,
  s: ConvShape,
  listed?: Int32Array,
): void {
  const size = sizes(s), places = listed ?? everyWeight(s);
  const xs = memory.floatsAt(x, size.x), dys = memory.floatsAt(dy, size.y);
  const sums = new Float64Array(size.weight), dWeights = memory.floatsAt(dWeight, size.weight);
  eachTap(s, places, (yAt, weightAt, xAt) => {
    for (let lane = 0; lane < s.lanes; lane++) sums[weightAt]! += dys[yAt + lane]! * xs[xAt + lane]!;
  });
  for (const weightAt of places) dWeights[weightAt] = sums[weightAt]!;
}

/**
 * The convolution kernels over a memory: x `[channels][height][width][lanes]`, weight
 * `[outputs][channels][kernelHeight][kernelWidth]`, y `[outputs][rows][columns][lanes]`. Sums run in float64; scratch
 * is not used.
 */
export function convolution(
  memory: ReferenceMemory,
): ConvolutionKernels {
  return {
    conv2dForward: (x, weight, bias, y, _scratch, shape) =>
      forwardOf(memory, [x, weight, bias], y, convShape(memory, shape)),

    conv2dInputGradient: (dy, weight, dx, _scratch, shape) =>
      inputGradientOf(memory, [dy, weight, dx], convShape(memory, shape)),

    conv2dWeightGradient: (x, dy, dWeight, shape) =>
      weightGradientOf(memory, [x, dy, dWeight], convShape(memory, shape)),

    biasGradient(dy, dBias, channels, positions, lanes) {
      const share = positions * lanes;
      const dys = memory.floatsAt(dy, channels * share);
      const dBiases = memory.floatsAt(dBias, channels);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let i = 0; i < share; i++) sum += dys[channel * share + i]!;
        dBiases[channel] = sum;
      }
    },
  };
}
