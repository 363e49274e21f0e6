/**
 * The clipping of each image's own gradient on a GPU: its length comes from a first backward pass, the sum of clipped
 * gradients from a second one. The gradients themselves are never stored.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Call, Clipping, Pass } from "../backend.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { GpuActivation } from "./activation.ts";

/**
 * The squared lengths of what each layer adds to each image's gradient: rows `[lanes]` of a buffer. Few programs ever
 * clip: it is made when it is first needed.
 */
export class ExampleSquares {
  readonly #device: Device;
  readonly #lanes: number;
  #rows = 0;
  #buffer: GPUBuffer | undefined;

  constructor(device: Device, lanes: number) {
    this.#device = device;
    this.#lanes = lanes;
  }

  #made(): GPUBuffer {
    return this.#buffer ??= this.#device.buffer(4 * Math.max(1, this.#rows) * this.#lanes);
  }

  /**
   * Takes rows for a layer.
   *
   * @param kernel makes the kernel that writes them from row `at` on
   */
  call(rows: number, kernel: (squares: GPUBuffer, at: number) => Kernel): Call {
    const at = this.#rows;
    let made: Kernel | undefined;
    this.#rows += rows;
    return () => this.#device.run(made ??= kernel(this.#made(), at));
  }

  /** Makes the gradient of a program's output that of the clipped losses, when all layers have taken their rows. */
  clipping(pass: Pass, { shape, gradient }: GpuActivation): Clipping {
    const device = this.#device, lanes = this.#lanes;
    const constants = { count: lanes, outputs: sizeOf(shape), parts: this.#rows, lanes };
    const kernel = device.kernel("clip_examples", constants, [gradient!, this.#made()], flat(lanes));
    return { begin: () => {}, clip: (bound) => device.run(kernel, pass.images, bound) };
  }
}
