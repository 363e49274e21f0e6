/**
 * The clipping of each image's own gradient on a GPU: its length comes from a first backward pass, the sum of clipped
 * gradients from a second one. The gradients themselves are never stored.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Device, Kernel } from "./device.ts";
import type { Activation, LayerKernels } from "./site.ts";

/** What a layer adds to the squared lengths, as rows `[lanes]` of a buffer. */
export interface ExampleSquares {
  readonly parts: number;
  /** The kernel that writes them from row `at` on. */
  kernel(squares: GPUBuffer, at: number): Kernel;
}

/** Makes the gradient of a program's output that of the clipped losses. */
export class Clipping {
  readonly #device: Device;
  /** As the backward pass, but with squared lengths in place of the parameters' gradients. */
  readonly #pass: readonly Kernel[];
  readonly #clip: Kernel;

  /** @param before the kernels before the last layer's in the backward pass */
  constructor(
    device: Device,
    before: readonly Kernel[],
    layers: readonly LayerKernels[],
    output: Activation,
    lanes: number,
  ) {
    this.#device = device;
    const parts = layers.reduce((sum, { exampleSquares }) => sum + (exampleSquares?.parts ?? 0), 0);
    const squares = device.buffer(4 * Math.max(1, parts) * lanes);
    let at = 0;
    const pass = layers.toReversed().flatMap(({ exampleSquares, inputGradient }) => {
      if (!exampleSquares) return inputGradient;
      const kernel = exampleSquares.kernel(squares, at);
      at += exampleSquares.parts;
      return [kernel, ...inputGradient];
    });
    this.#pass = [...before, ...pass];
    const constants = { count: sizeOf(output.shape), parts, lanes };
    this.#clip = device.kernel("clip_examples", constants, [output.gradient!, squares], [Math.ceil(lanes / 64), 1, 1]);
  }

  /** Takes the gradient of the mean loss over `images` images; `setGradient` sets it, and is called again behind the first pass, which may overwrite it. */
  run(setGradient: (isLast: boolean) => void, images: number, bound: number): void {
    setGradient(false);
    for (const kernel of this.#pass) this.#device.run(kernel);
    setGradient(true);
    this.#device.run(this.#clip, images, bound);
  }
}
