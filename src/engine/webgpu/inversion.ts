/**
 * The image inversion attack on a GPU.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Inversion, InversionStep } from "../engine.ts";
import { checkStep, checkTargets } from "../finite.ts";
import type { GpuBatch } from "./batch.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { Activation } from "./site.ts";
import { SquaredError } from "./losses.ts";

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** The attack on the images of a batch. */
export class GpuInversion implements Inversion {
  readonly #device: Device;
  readonly #batch: GpuBatch;
  readonly #features: number;
  readonly #error: SquaredError;
  readonly #passes: { readonly forward: () => void; readonly backward: () => void };
  readonly #priors: Kernel;
  readonly #sign: Kernel;
  readonly #adam: Kernel;
  /** Adam's moments, and how much of them the first steps still lack: beta^t. */
  readonly #moments: readonly [GPUBuffer, GPUBuffer];
  #power1 = 1;
  #power2 = 1;

  constructor(
    device: Device,
    batch: GpuBatch,
    features: Activation,
    passes: { readonly forward: () => void; readonly backward: () => void },
  ) {
    const { lanes, input: { shape, value, gradient } } = batch;
    const [channels, height, width] = shape as readonly [number, number, number], count = sizeOf(shape) * lanes;
    this.#device = device;
    this.#batch = batch;
    this.#passes = passes;
    this.#features = sizeOf(features.shape);
    this.#error = new SquaredError(device, features, lanes, channels * height);
    this.#moments = [device.buffer(4 * count), device.buffer(4 * count)];
    this.#priors = device.kernel(
      "image_priors",
      { channels, height, width, lanes, lossesAt: this.#error.blocks * lanes },
      [value, gradient!, this.#error.losses.buffer],
      flat(channels * height * lanes),
    );
    this.#sign = device.kernel("sign_step", { count }, [value, gradient!], flat(count));
    this.#adam = device.kernel("adam_step", { count }, [value, gradient!, ...this.#moments], flat(count));
  }

  setTargets(values: Float32Array): void {
    const size = this.#features, { count } = this.#batch;
    if (values.length !== count * size) {
      throw new RangeError(
        `setTargets takes ${count} images of ${size} features each, got ${values.length} values`,
      );
    }
    checkTargets(values, size);
    this.#batch.write(this.#error.targets, size, values);
    this.#error.setWeights(Array.from({ length: count }, (_, image) => {
      const square = values.subarray(image * size, (image + 1) * size).reduce((sum, value) => sum + value * value, 0);
      // The size cancels in the ratio of two means; without a ratio it stays.
      return 1 / (square === 0 ? size : square);
    }));
    for (const moment of this.#moments) this.#device.clear(moment);
    this.#power1 = 1;
    this.#power2 = 1;
  }

  step(step: InversionStep): void {
    checkStep(step);
    const { feature, vertical, horizontal, square, bound: [low, high], method, rate } = step;
    const device = this.#device;
    this.#passes.forward();
    this.#error.run(feature, 1);
    this.#passes.backward();
    device.run(this.#priors, vertical, horizontal, square);
    if (method === "sign") device.run(this.#sign, rate, low, high);
    else {
      this.#power1 *= BETA1;
      this.#power2 *= BETA2;
      const scales = [1 / (1 - this.#power1), 1 / (1 - this.#power2)] as const;
      device.run(this.#adam, rate, BETA1, BETA2, EPSILON, ...scales, low, high);
    }
    device.submit();
  }

  losses(): Promise<Float32Array> {
    return this.#error.losses.read(this.#batch.count);
  }
}
