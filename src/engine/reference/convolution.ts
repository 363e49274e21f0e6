/**
 * Convolution (cross-correlation) by its definition: all three kernels visit every triple of output, weight and input that belong together.
 *
 * @module
 */
import { CONV_SHAPE, type Kernels } from "../kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

type Shape = Record<(typeof CONV_SHAPE)[number], number>;

function outputSize({ height, width, kernelHeight, kernelWidth, strideHeight, strideWidth }: Shape): [number, number] {
  return [
    Math.floor((height - kernelHeight) / strideHeight) + 1,
    Math.floor((width - kernelWidth) / strideWidth) + 1,
  ];
}

/** Calls `visit` with the offsets (in floats, of lane 0) of an output, a weight and the input that meet; outputs slowest, weights in their order. */
export function eachTap(s: Shape, visit: (yAt: number, weightAt: number, xAt: number) => void): void {
  const [rows, columns] = outputSize(s);
  for (let o = 0; o < s.outputs; o++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const yAt = ((o * rows + row) * columns + column) * s.lanes;
        for (let channel = 0; channel < s.channels; channel++) {
          for (let i = 0; i < s.kernelHeight; i++) {
            for (let j = 0; j < s.kernelWidth; j++) {
              const weightAt = ((o * s.channels + channel) * s.kernelHeight + i) * s.kernelWidth + j;
              const y = row * s.strideHeight + i;
              const x = column * s.strideWidth + j;
              visit(yAt, weightAt, ((channel * s.height + y) * s.width + x) * s.lanes);
            }
          }
        }
      }
    }
  }
}

/** How many floats the tensors of a convolution have. */
export function sizes(s: Shape): { x: number; weight: number; y: number } {
  const [rows, columns] = outputSize(s);
  return {
    x: s.channels * s.height * s.width * s.lanes,
    weight: s.outputs * s.channels * s.kernelHeight * s.kernelWidth,
    y: s.outputs * rows * columns * s.lanes,
  };
}

/**
 * The convolution kernels over a memory: x `[channels][height][width][lanes]`, weight `[outputs][channels][kernelHeight][kernelWidth]`,
 * y `[outputs][rows][columns][lanes]`. Sums run in float64; scratch is not used.
 */
export function convolution(
  memory: ReferenceMemory,
): Pick<Kernels, "conv2dForward" | "conv2dInputGradient" | "conv2dWeightGradient" | "biasGradient"> {
  return {
    conv2dForward(x, weight, bias, y, _scratch, shape) {
      const s = memory.record(shape, CONV_SHAPE);
      const size = sizes(s);
      const xs = memory.floatsAt(x, size.x);
      const weights = memory.floatsAt(weight, size.weight);
      const sums = new Float64Array(size.y);
      if (bias !== 0) {
        const biases = memory.floatsAt(bias, s.outputs);
        const share = size.y / s.outputs;
        for (let o = 0; o < s.outputs; o++) sums.fill(biases[o]!, o * share, (o + 1) * share);
      }
      eachTap(s, (yAt, weightAt, xAt) => {
        for (let lane = 0; lane < s.lanes; lane++) sums[yAt + lane]! += weights[weightAt]! * xs[xAt + lane]!;
      });
      memory.floatsAt(y, size.y).set(sums);
    },

    conv2dInputGradient(dy, weight, dx, _scratch, shape) {
      const s = memory.record(shape, CONV_SHAPE);
      const size = sizes(s);
      const dys = memory.floatsAt(dy, size.y);
      const weights = memory.floatsAt(weight, size.weight);
      const sums = new Float64Array(size.x);
      eachTap(s, (yAt, weightAt, xAt) => {
        for (let lane = 0; lane < s.lanes; lane++) sums[xAt + lane]! += weights[weightAt]! * dys[yAt + lane]!;
      });
      memory.floatsAt(dx, size.x).set(sums);
    },

    conv2dWeightGradient(x, dy, dWeight, shape) {
      const s = memory.record(shape, CONV_SHAPE);
      const size = sizes(s);
      const xs = memory.floatsAt(x, size.x);
      const dys = memory.floatsAt(dy, size.y);
      const sums = new Float64Array(size.weight);
      eachTap(s, (yAt, weightAt, xAt) => {
        for (let lane = 0; lane < s.lanes; lane++) sums[weightAt]! += dys[yAt + lane]! * xs[xAt + lane]!;
      });
      memory.floatsAt(dWeight, size.weight).set(sums);
    },

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
