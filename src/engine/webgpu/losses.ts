/**
 * The losses of a batch on a GPU: what each block of outputs adds for each image, summed when somebody asks.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Losses, LossMode, Pass } from "../backend.ts";
import type { GpuBatch } from "./batch.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import { type GpuActivation, reluGradient } from "./site.ts";
import type { GpuWatch } from "./watch.ts";

/** What the cross entropy does to the losses: see the shader. */
const MODES: Readonly<Record<LossMode, number>> = { set: 0, add: 1, leave: 2 };

/** Outputs whose squared errors are summed by one invocation. */
const BLOCK = 32;

/** The loss of each image, `blocks` parts of it on the device: float32 `[blocks][lanes]`. */
export class LossBlocks {
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

  /** The losses of the first `images` images. */
  async read(images: number): Promise<Float32Array> {
    const parts = new Float32Array(await this.#device.read(this.buffer, 0, 4 * this.#lanes * this.#blocks));
    return Float32Array.from({ length: images }, (_, lane) => {
      let sum = 0;
      for (let at = lane; at < parts.length; at += this.#lanes) sum += parts[at]!;
      return sum;
    });
  }
}

/** The squared error of an activation against targets that are set now and then, with a weight for each image. */
export class SquaredError {
  readonly losses: LossBlocks;
  /** Blocks of losses that the error itself takes; others may stand behind them. */
  readonly blocks: number;
  readonly #device: Device;
  readonly #lanes: number;
  readonly #batch: GpuBatch;
  /** float32 `[outputs][lanes]`. */
  readonly #targets: GPUBuffer;
  readonly #weights: GPUBuffer;
  readonly #kernels: readonly [Kernel, ...Kernel[]];

  /**
   * @param more blocks of losses beside those of the error
   * @param watch where the first step is noted whose loss is not finite; by default nobody looks there
   */
  constructor(
    device: Device,
    batch: GpuBatch,
    output: GpuActivation,
    lanes: number,
    more = 0,
    watch: GPUBuffer = device.buffer(8),
  ) {
    const { shape, value, gradient } = output, outputs = sizeOf(shape);
    this.#device = device;
    this.#lanes = lanes;
    this.#batch = batch;
    this.blocks = Math.ceil(outputs / BLOCK);
    this.#targets = device.buffer(4 * outputs * lanes);
    this.#weights = device.buffer(4 * lanes);
    this.losses = new LossBlocks(device, lanes, this.blocks + more);
    const buffers = [value, this.#targets, this.#weights, gradient!, this.losses.buffer, watch];
    const count = this.blocks * lanes;
    this.#kernels = [
      device.kernel("squared_error", { count, outputs, lanes }, buffers, flat(count)),
      ...reluGradient(device, output, lanes),
    ];
  }

  /** Sets the targets, and the factor of each image's sum of squared differences; 0 for the others. */
  setTargets(targets: Float32Array, weights: ArrayLike<number>): void {
    this.#batch.write({ value: this.#targets }, targets);
    const all = new Float32Array(this.#lanes);
    all.set(weights);
    this.#device.write(this.#weights, 0, all);
  }

  /**
   * Computes the losses and the gradient: the first times `factor`, the second times `share` too; `step` is that of
   * training, 0 for none.
   */
  run(factor: number, share: number, step = 0): void {
    const [error, ...behind] = this.#kernels;
    this.#device.run(error, factor, share, step);
    for (const kernel of behind) this.#device.run(kernel);
  }
}

/** Losses from the network's output. */
export class GpuLosses implements Losses {
  readonly #device: Device;
  readonly #batch: GpuBatch;
  readonly #pass: Pass;
  readonly #output: GpuActivation;
  readonly #lanes: number;
  readonly #watch: GpuWatch;
  readonly #crossEntropy: LossBlocks;
  /** Without the gradient, and with it. */
  readonly #kernels = new Map<boolean, readonly [Kernel, ...Kernel[]]>();
  #squaredError: SquaredError | undefined;
  /** Those that were computed last, and of how many images since they were set. */
  #last: LossBlocks;
  #count = 0;

  constructor(
    device: Device,
    batch: GpuBatch,
    pass: Pass,
    output: GpuActivation,
    lanes: number,
    watch: GpuWatch,
  ) {
    this.#device = device;
    this.#batch = batch;
    this.#pass = pass;
    this.#output = output;
    this.#lanes = lanes;
    this.#watch = watch;
    this.#last = this.#crossEntropy = new LossBlocks(device, lanes, 1);
  }

  crossEntropy(withGradient: boolean, mode: LossMode = "set", isStep = false): void {
    let kernels = this.#kernels.get(withGradient);
    if (!kernels) {
      const { value, gradient, shape } = this.#output, lanes = this.#lanes, device = this.#device;
      const written = withGradient ? gradient! : device.buffer(4);
      const buffers = [value, this.#batch.labels, written, this.#crossEntropy.buffer, this.#watch.buffer];
      const constants = { classes: shape[0], lanes, withGradient };
      kernels = [
        device.kernel("softmax_cross_entropy", constants, buffers, [Math.ceil(lanes / 8), 1, 1]),
        ...(withGradient ? reluGradient(device, this.#output, lanes) : []),
      ];
      this.#kernels.set(withGradient, kernels);
    }
    const [loss, ...behind] = kernels;
    const { images } = this.#pass;
    this.#device.run(loss, images, MODES[mode], isStep ? this.#watch.steps + 1 : 0);
    for (const kernel of behind) this.#device.run(kernel);
    if (mode === "leave") return;
    this.#last = this.#crossEntropy;
    this.#count = images + (mode === "add" ? this.#count : 0);
  }

  squaredError(targets: Float32Array): void {
    const error = this.#squaredError ??= new SquaredError(
      this.#device,
      this.#batch,
      this.#output,
      this.#lanes,
      0,
      this.#watch.buffer,
    );
    const { images } = this.#pass;
    error.setTargets(targets, new Array<number>(images).fill(1 / sizeOf(this.#output.shape)));
    error.run(1, 1 / images, this.#watch.steps + 1);
    this.#last = error.losses;
    this.#count = images;
  }

  read(): Promise<Float32Array> {
    return this.#last.read(this.#pass.images);
  }

  async mean(): Promise<number> {
    // Of a batch done in parts, an image's place holds the sum of all that were there.
    const count = this.#count, held = await this.#last.read(Math.min(count, this.#lanes));
    return held.reduce((sum, loss) => sum + loss, 0) / count;
  }
}
