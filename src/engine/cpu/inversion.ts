/**
 * The image inversion attack on a CPU machine.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Batch } from "./batch.ts";
import type { Inversion, InversionStep } from "../engine.ts";
import { checkStep, checkTargets } from "../finite.ts";
import type { Activation, Call } from "./site.ts";
import type { Machine } from "./machine.ts";

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** The attack on the images of a batch. */
export class CpuInversion implements Inversion {
  readonly #machine: Machine;
  readonly #batch: Batch;
  readonly #features: Activation;
  readonly #losses: number;
  readonly #passes: { readonly forward: Call; readonly backward: Call };
  readonly #targets: number;
  /** Adam's moments, and how much of them the first steps still lack: beta^t. */
  readonly #first: number;
  readonly #second: number;
  #power1 = 1;
  #power2 = 1;

  constructor(
    machine: Machine,
    batch: Batch,
    features: Activation,
    losses: number,
    passes: { readonly forward: Call; readonly backward: Call },
  ) {
    this.#machine = machine;
    this.#batch = batch;
    this.#features = features;
    this.#losses = losses;
    this.#passes = passes;
    const bytes = 4 * sizeOf(batch.input.shape) * batch.lanes;
    this.#targets = machine.allocate(4 * sizeOf(features.shape) * batch.lanes);
    this.#first = machine.allocate(bytes);
    this.#second = machine.allocate(bytes);
  }

  setTargets(values: Float32Array): void {
    const size = sizeOf(this.#features.shape);
    if (values.length !== this.#batch.count * size) {
      throw new RangeError(
        `setTargets takes ${this.#batch.count} images of ${size} features each, got ${values.length} values`,
      );
    }
    checkTargets(values, size);
    this.#batch.write(this.#targets, size, values);
    const { floats } = this.#machine;
    const pixels = sizeOf(this.#batch.input.shape) * this.#batch.lanes;
    for (const moment of [this.#first, this.#second]) floats.fill(0, moment / 4, moment / 4 + pixels);
    this.#power1 = 1;
    this.#power2 = 1;
  }

  step(step: InversionStep): void {
    checkStep(step);
    const { kernels: k } = this.#machine;
    const { input, count, lanes } = this.#batch;
    const [channels, height, width] = input.shape as readonly [number, number, number];
    const { value, gradient, shape } = this.#features;
    this.#passes.forward();
    k.featureLoss(value, this.#targets, gradient, this.#losses, sizeOf(shape), count, lanes, step.feature);
    this.#passes.backward();
    k.imagePriors(
      input.value,
      input.gradient,
      this.#losses,
      channels,
      height,
      width,
      lanes,
      step.vertical,
      step.horizontal,
      step.square,
    );
    const pixels = sizeOf(input.shape) * lanes;
    const [low, high] = step.bound;
    if (step.method === "sign") {
      k.signStep(input.value, input.gradient, pixels, step.rate, low, high);
      return;
    }
    this.#power1 *= BETA1;
    this.#power2 *= BETA2;
    k.adamStep(
      input.value,
      input.gradient,
      this.#first,
      this.#second,
      pixels,
      step.rate,
      BETA1,
      BETA2,
      EPSILON,
      1 / (1 - this.#power1),
      1 / (1 - this.#power2),
      low,
      high,
    );
  }

  losses(): Promise<Float32Array> {
    const { floats } = this.#machine;
    return Promise.resolve(Float32Array.from(floats.subarray(this.#losses / 4, this.#losses / 4 + this.#batch.count)));
  }
}
