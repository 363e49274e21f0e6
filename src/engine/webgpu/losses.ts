/**
 * The losses of a batch on a GPU: what each block of outputs adds for each image, summed when somebody asks.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Losses, LossMode, Pass } from "../backend.ts";
import type { GpuBatch } from "./batch.ts";
import type { Device, Kernel } from "./device.ts";
import { type GpuActivation, reluGradient } from "./site.ts";
import type { GpuWatch } from "./watch.ts";

/** What the cross entropy does to the losses: see the shader. */
const MODES: Readonly<Record<LossMode, number>> = { set: 0, add: 1, leave: 2 };

/** Outputs whose squared errors are summed by one invocation. */
const BLOCK = 32;

/** The loss of each image, `blocks` parts of it on the device: float32 `[blocks][lanes]`. */
export interface LossBlocks {
  readonly buffer: GPUBuffer;
  /** The losses of the first `images` images. */
  read(images: number): Promise<Float32Array>;
}

function lossBlocks(device: Device, lanes: number, blocks: number): LossBlocks {
  const bytes = 4 * lanes * blocks, buffer = device.buffer(bytes);
  return {
    buffer,
    async read(images) {
      const parts = new Float32Array(await device.read(buffer, 0, bytes));
      return Float32Array.from({ length: images }, (_, lane) => {
        let sum = 0;
        for (let at = lane; at < parts.length; at += lanes) sum += parts[at]!;
        return sum;
      });
    },
  };
}

/** The squared error of an activation against targets that are set now and then, with a weight for each image. */
export interface SquaredError {
  readonly losses: LossBlocks;
  /** Blocks of losses that the error itself takes; others may stand behind them. */
  readonly blocks: number;
  /** Sets the targets, and the factor of each image's sum of squared differences; 0 for the others. */
  setTargets(targets: Float32Array, weights: ArrayLike<number>): void;
  /**
   * Computes the losses and the gradient: the first times `factor`, the second times `share` too; `step` is that of
   * training, 0 for none.
   */
  run(factor: number, share: number, step?: number): void;
}

/**
 * The squared error of an activation.
 *
 * @param more blocks of losses beside those of the error
 * @param watch where the first step is noted whose loss is not finite; by default nobody looks there
 */
export function squaredError(
  device: Device,
  batch: GpuBatch,
  output: GpuActivation,
  lanes: number,
  more = 0,
  watch: GPUBuffer = device.buffer(8),
): SquaredError {
  const { shape, value, gradient } = output, outputs = sizeOf(shape), blocks = Math.ceil(outputs / BLOCK);
  // float32 [outputs][lanes] and [lanes].
  const goal = device.buffer(4 * outputs * lanes), factors = device.buffer(4 * lanes);
  const losses = lossBlocks(device, lanes, blocks + more), buffers = [value, goal, factors, gradient!, losses.buffer];
  const error = device.kernel("squared_error", { count: blocks * lanes, outputs, lanes }, [...buffers, watch]);
  const behind = reluGradient({ device, lanes }, output);
  return {
    losses,
    blocks,
    setTargets(targets, weights) {
      batch.write({ value: goal }, targets);
      const all = new Float32Array(lanes);
      all.set(weights);
      device.write(factors, 0, all);
    },
    run(factor, share, step = 0) {
      device.run(error, factor, share, step);
      for (const call of behind) call();
    },
  };
}

/** Losses from the network's output. */
export function gpuLosses(
  device: Device,
  batch: GpuBatch,
  pass: Pass,
  output: GpuActivation,
  lanes: number,
  watch: GpuWatch,
): Losses {
  const { value, gradient, shape } = output, entropy = lossBlocks(device, lanes, 1);
  const makeKernel = (withGradient: boolean) => {
    const buffers = [value, batch.labels, withGradient ? gradient! : device.buffer(4), entropy.buffer, watch.buffer];
    const constants = { classes: shape[0], lanes, withGradient };
    return device.kernel("softmax_cross_entropy", constants, buffers, [Math.ceil(lanes / 8), 1, 1]);
  };
  const behind = reluGradient({ device, lanes }, output);
  // Made when they are first needed: without the gradient, and with it; and for regression.
  const kernels = new Map<boolean, Kernel>();
  let error: SquaredError | undefined;
  // Those that were computed last, and of how many images since they were set.
  let last = entropy, count = 0;
  return {
    crossEntropy(withGradient, mode = "set", isStep = false) {
      const kernel = kernels.get(withGradient) ?? makeKernel(withGradient), { images } = pass;
      kernels.set(withGradient, kernel);
      device.run(kernel, images, MODES[mode], isStep ? watch.steps + 1 : 0);
      if (withGradient) { for (const call of behind) call(); }
      if (mode === "leave") return;
      last = entropy;
      count = images + (mode === "add" ? count : 0);
    },
    squaredError(targets) {
      error ??= squaredError(device, batch, output, lanes, 0, watch.buffer);
      const { images } = pass;
      error.setTargets(targets, new Array<number>(images).fill(1 / sizeOf(shape)));
      error.run(1, 1 / images, watch.steps + 1);
      last = error.losses;
      count = images;
    },
    read: () => last.read(pass.images),
    async mean() {
      // Of a batch done in parts, an image's place holds the sum of all that were there.
      const images = count, held = await last.read(Math.min(images, lanes));
      return held.reduce((sum, loss) => sum + loss, 0) / images;
    },
  };
}
