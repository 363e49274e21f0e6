/**
 * Which output, weight and input of a convolution belong together: what all its kernels visit.
 *
 * @module
 */
import { CONV_SHAPE } from "../kernels/memory.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The shape of a convolution, by the names of its fields. */
export type ConvShape = Record<(typeof CONV_SHAPE)[number], number>;

/** The shape of a convolution at a pointer. */
export function convShape(memory: ReferenceMemory, pointer: number): ConvShape {
  return memory.record(pointer, CONV_SHAPE);
}

/** A dense layer is a convolution of one pixel. */
export function denseShape(channels: number, outputs: number, lanes: number): ConvShape {
  const pixel = { height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1 };
  return { ...pixel, channels, outputs, lanes };
}

/** The rows and columns that a convolution gives, and how many floats its tensors have. */
export function sizes(s: ConvShape): { rows: number; columns: number; x: number; weight: number; y: number } {
  const rows = Math.floor((s.height - s.kernelHeight) / s.strideHeight) + 1;
  const columns = Math.floor((s.width - s.kernelWidth) / s.strideWidth) + 1;
  return {
    rows,
    columns,
    x: s.channels * s.height * s.width * s.lanes,
    weight: s.outputs * s.channels * s.kernelHeight * s.kernelWidth,
    y: s.outputs * rows * columns * s.lanes,
  };
}

/** The places of all weights, for kernels that follow a list of them. */
export function everyWeight(s: ConvShape): Int32Array {
  return Int32Array.from({ length: sizes(s).weight }, (_, at) => at);
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
 * Calls `visit` with the offsets (in floats, of lane 0) of an output, a weight and the input that meet, for each of the
 * listed weights and each position.
 */
export function eachTap(
  s: ConvShape,
  listed: Int32Array,
  visit: (yAt: number, weightAt: number, xAt: number) => void,
): void {
  const { rows, columns } = sizes(s);
  for (const weightAt of listed) {
    const tap = tapOf(s, weightAt);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const y = row * s.strideHeight + tap.row, x = column * s.strideWidth + tap.column;
        visit(
          ((tap.output * rows + row) * columns + column) * s.lanes,
          weightAt,
          ((tap.channel * s.height + y) * s.width + x) * s.lanes,
        );
      }
    }
  }
}
