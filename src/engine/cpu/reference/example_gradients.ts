/**
 * Each image's own gradient of a layer, weight by weight: its squared length, and the clipping by it.
 *
 * @module
 */
import type { ExampleGradientsKernels } from "../kernels/example_gradients.ts";
import type { ReferenceMemory } from "./memory.ts";
import { type ConvShape, convShape, denseShape, eachTap, everyWeight, sizes } from "./taps.ts";

/**
 * The kernels over a memory: squares `[lanes]`; the other tensors as those of the layers' gradients. Sums run in
 * float64.
 */
export function exampleGradients(
  memory: ReferenceMemory,
): ExampleGradientsKernels {
  /** Adds the squares of gradients `[count][lanes]` to `squares`. */
  function addSquares(squares: number, gradients: Float64Array, lanes: number): void {
    const sums = new Float64Array(lanes);
    gradients.forEach((gradient, i) => sums[i % lanes]! += gradient * gradient);
    const all = memory.floatsAt(squares, lanes);
    for (let lane = 0; lane < lanes; lane++) all[lane] = all[lane]! + sums[lane]!;
  }

  function exampleSquares(x: number, dy: number, squares: number, withBias: number, s: ConvShape): void {
    const size = sizes(s), xs = memory.floatsAt(x, size.x), dys = memory.floatsAt(dy, size.y);
    const gradients = new Float64Array(size.weight * s.lanes), biases = new Float64Array(s.outputs * s.lanes);
    eachTap(s, everyWeight(s), (yAt, weightAt, xAt) => {
      for (let lane = 0; lane < s.lanes; lane++) {
        gradients[weightAt * s.lanes + lane]! += dys[yAt + lane]! * xs[xAt + lane]!;
      }
    });
    addSquares(squares, gradients, s.lanes);
    const plane = size.y / s.outputs;
    for (let i = 0; i < size.y; i++) biases[Math.floor(i / plane) * s.lanes + i % s.lanes]! += dys[i]!;
    if (withBias) addSquares(squares, biases, s.lanes);
  }

  return {
    denseExampleSquares: (x, dy, squares, inputs, outputs, withBias, lanes) =>
      exampleSquares(x, dy, squares, withBias, denseShape(inputs, outputs, lanes)),

    convExampleSquares: (x, dy, squares, _scratch, withBias, shape) =>
      exampleSquares(x, dy, squares, withBias, convShape(memory, shape)),

    clipExamples(dY, squares, count, images, lanes, bound) {
      const gradients = memory.floatsAt(dY, count * lanes), lengths = memory.floatsAt(squares, lanes).map(Math.sqrt);
      for (let i = 0; i < count * lanes; i++) {
        const length = lengths[i % lanes]!, factor = memory.round(memory.round(bound) / length);
        // A length that is no number, or too great for one, bounds nothing: the image is left out.
        gradients[i] = Number.isFinite(length) ? gradients[i]! * Math.min(images, factor) : 0;
      }
    },
  };
}
