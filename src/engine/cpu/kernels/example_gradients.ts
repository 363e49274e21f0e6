/**
 * Each image's own gradient of a layer, weight by weight: its squared length, and the clipping by it.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface ExampleGradientsKernels {
  /**
   * Adds to squares `[lanes]` the squared length of each image's own gradient of a dense layer's weight, and of its
   * bias if `withBias` is 1, given x `[inputs][lanes]` and dy `[outputs][lanes]`. Masks are not looked at: all weights
   * count.
   */
  denseExampleSquares(
    x: Pointer,
    dy: Pointer,
    squares: Pointer,
    inputs: number,
    outputs: number,
    withBias: number,
    lanes: number,
  ): void;
  /**
   * The same of a convolution, `dy` being that of all its outputs. `scratch` has room for 16 bytes for each value of an
   * image of x and for each position of two outputs.
   */
  convExampleSquares(
    x: Pointer,
    dy: Pointer,
    squares: Pointer,
    scratch: Pointer,
    withBias: number,
    shape: Pointer,
  ): void;
  /**
   * Scales each image's dY `[count][lanes]`, which is the gradient of the mean loss over `images` images, by
   * min(images, bound / sqrt(squares)): what follows from it sums up, over the images, the gradients of their own
   * losses clipped to length `bound`. An image whose squares are not finite is left out: its dY becomes 0, whatever it
   * was.
   */
  clipExamples(dY: Pointer, squares: Pointer, count: number, images: number, lanes: number, bound: number): void;
}
