/**
 * The image inversion attack on the current batch of a program.
 *
 * @module
 */
import { sizeOf } from "../nn/mod.ts";
import { AdamScales } from "./adam_scales.ts";
import type { Activation, InversionKernels, Pass } from "./backend.ts";
import type { Inversion, InversionStep } from "./engine.ts";
import { checkStep, checkTargets } from "./finite.ts";

/** Adam's constants, those of Kingma and Ba 2015. */
export const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** The passes of the program whose images are attacked. */
interface Passes {
  forward(): void;
  backward(): void;
  submit(): void;
}

/** The attack on the images of a batch. */
export class ProgramInversion implements Inversion {
  readonly #kernels: InversionKernels;
  readonly #pass: Pass;
  readonly #features: number;
  readonly #passes: Passes;
  readonly #scales = new AdamScales();

  constructor(kernels: InversionKernels, pass: Pass, features: Activation, passes: Passes) {
    this.#kernels = kernels;
    this.#pass = pass;
    this.#features = sizeOf(features.shape);
    this.#passes = passes;
  }

  setTargets(values: Float32Array): void {
    const { images } = this.#pass, size = this.#features;
    if (values.length !== images * size) {
      throw new RangeError(
        `setTargets takes ${images} images of ${size} features each, got ${values.length} values`,
      );
    }
    checkTargets(values, size);
    this.#kernels.setTargets(values);
    this.#scales.takeBack();
  }

  step(step: InversionStep): void {
    checkStep(step);
    const { feature, vertical, horizontal, square, bound: [low, high], method, rate } = step;
    const kernels = this.#kernels, passes = this.#passes;
    passes.forward();
    kernels.featureLoss(feature);
    passes.backward();
    kernels.imagePriors(vertical, horizontal, square);
    if (method === "sign") kernels.signStep(rate, low, high);
    else kernels.adamStep(rate, this.#scales.next(BETA1, BETA2), low, high);
    passes.submit();
  }

  losses(): Promise<Float32Array> {
    return this.#kernels.losses();
  }
}
