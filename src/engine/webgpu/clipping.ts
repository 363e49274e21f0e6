/**
 * The clipping of each image's own gradient on a GPU: its length comes from a first backward pass, the sum of clipped
 * gradients from a second one. The gradients themselves are never stored.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Call, Clipping, Pass } from "../backend.ts";
import type { Device, Kernel } from "./device.ts";
import type { GpuActivation } from "./activation.ts";

/** The squared lengths of what each layer adds to each image's gradient: rows `[lanes]` of a buffer. */
export interface ExampleSquares {
  /**
   * Takes rows for a layer.
   *
   * @param make the kernel that writes them from row `at` on
   */
  call(rows: number, make: (squares: GPUBuffer, at: number) => Kernel): Call;
  /** Makes the gradient of a program's output that of the clipped losses, when all layers have taken their rows. */
  clipping(pass: Pass, output: GpuActivation): Clipping;
}

/** Those of a program. Few ever clip: the buffer is made when it is first needed. */
export function exampleSquares(device: Device, lanes: number): ExampleSquares {
  let parts = 0, buffer: GPUBuffer | undefined;
  const made = () => buffer ??= device.buffer(4 * Math.max(1, parts) * lanes);
  return {
    call(rows, make) {
      const at = parts;
      let kernel: Kernel | undefined;
      parts += rows;
      return () => device.run(kernel ??= make(made(), at));
    },
    clipping(pass, { shape, gradient }) {
      const constants = { count: lanes, outputs: sizeOf(shape), parts, lanes };
      const kernel = device.kernel("clip_examples", constants, [gradient!, made()]);
      return { begin: () => {}, clip: (bound) => device.run(kernel, pass.images, bound) };
    },
  };
}
