/**
 * The losses of a batch on a GPU: what each block of outputs adds for each image, summed when somebody asks.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { Activation } from "./site.ts";

/** Outputs whose squared errors are summed by one invocation. */
const BLOCK = 32;

/** The loss of each image, `blocks` parts of it on the device: float32 `[blocks][lanes]`. */
export class Losses {
  readonly buffer: GPUBuffer;
  readonly #device: Device;
  readonly #lanes: number;
  readonly #blocks: number;

  constructor(device: Device, lanes: number, blocks: number) {
    this.#device = device;
    this.#lanes = lanes;
    this.#blocks = blocks;
    this.buffer = device.buffer(4 * lanes * blocks);
  }

  /** The losses of the first `count` images. */
  async read(count: number): Promise<Float32Array> {
    const parts = new Float32Array(await this.#device.read(this.buffer, 0, 4 * this.#lanes * this.#blocks));
    return Float32Array.from({ length: count }, (_, lane) => {
      let sum = 0;
      for (let at = lane; at < parts.length; at += this.#lanes) sum += parts[at]!;
      return sum;
    });
  }
}

/** The squared error of an activation against targets that are set now and then, with a weight for each image. */
export class SquaredError {
  /** float32 `[outputs][lanes]`. */
  readonly targets: GPUBuffer;
  readonly losses: Losses;
  /** Blocks of losses that the error itself takes; others may stand behind them. */
  readonly blocks: number;
  readonly #device: Device;
  readonly #lanes: number;
  readonly #weights: GPUBuffer;
  readonly #kernel: Kernel;

  /**
   * @param more blocks of losses beside those of the error
   * @param watch where the first step is noted whose loss is not finite; by default nobody looks there
   */
  constructor(
    device: Device,
    { shape, value, gradient }: Activation,
    lanes: number,
    more = 0,
    watch: GPUBuffer = device.buffer(8),
  ) {
    const count = sizeOf(shape);
    this.#device = device;
    this.#lanes = lanes;
    this.blocks = Math.ceil(count / BLOCK);
    this.targets = device.buffer(4 * count * lanes);
    this.#weights = device.buffer(4 * lanes);
    this.losses = new Losses(device, lanes, this.blocks + more);
    this.#kernel = device.kernel(
      "squared_error",
      { count, lanes },
      [value, this.targets, this.#weights, gradient!, this.losses.buffer, watch],
      flat(this.blocks * lanes),
    );
  }

  /** Sets the factor of each image's sum of squared differences; 0 for the others. */
  setWeights(weights: ArrayLike<number>): void {
    const all = new Float32Array(this.#lanes);
    all.set(weights);
    this.#device.write(this.#weights, 0, all);
  }

  /**
   * Computes the losses and the gradient: the first times `factor`, the second times `share` too; `step` is that of
   * training, 0 for none.
   */
  run(factor: number, share: number, step = 0): void {
    this.#device.run(this.#kernel, factor, share, step);
  }
}
