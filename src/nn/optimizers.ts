/**
 * The rules by which training changes the parameters.
 *
 * @module
 */

import { integer, MOST_SEED, positive } from "../checks/numbers.ts";

/** Plain stochastic gradient descent: w -= lr g. */
export interface Sgd {
  /** Tells this rule from the others. */
  readonly kind: "sgd";
  /** The learning rate: a positive number. */
  readonly lr: number;
}

/** Gradient descent with momentum: v = momentum v + g, w -= lr v. */
export interface Momentum {
  /** Tells this rule from the others. */
  readonly kind: "momentum";
  /** The learning rate: a positive number. */
  readonly lr: number;
  /** The share of the velocity that the next step keeps, from 0 to below 1. */
  readonly momentum: number;
}

/**
 * Adam: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= lr m' / (sqrt(v') + epsilon), where m' and v'
 * are corrected for their beginning at 0.
 */
export interface Adam {
  /** Tells this rule from the others. */
  readonly kind: "adam";
  /** The learning rate: a positive number. */
  readonly lr: number;
  /** Share of the mean gradient that the next step keeps. */
  readonly beta1: number;
  /** Share of the mean square that the next step keeps. */
  readonly beta2: number;
  /** Keeps the quotient defined. */
  readonly epsilon: number;
}

/**
 * Differentially private gradient descent (DP-SGD): each example's gradient g is clipped to length `clip`, noise is
 * added to their sum, and w -= lr (sum of clipped g + normal(0, noiseMultiplier clip)) / batchSize.
 */
export interface DpSgd {
  /** Tells this rule from the others. */
  readonly kind: "dpSgd";
  /** The learning rate: a positive number. */
  readonly lr: number;
  /** The greatest length of an example's gradient, over all parameters together. */
  readonly clip: number;
  /** Standard deviation of the noise over `clip`; 0 for none, and no privacy. */
  readonly noiseMultiplier: number;
  /** How many examples are expected in a step: what the sum is divided by, however many there are, also none. */
  readonly batchSize: number;
  /** From which the noise is drawn, an unsigned 32-bit integer. Who knows it can take the noise away again. */
  readonly seed: number;
}

/** Any optimizer. */
export type Optimizer = Sgd | Momentum | Adam | DpSgd;

/**
 * Plain stochastic gradient descent: w -= lr g. The optimizer of suppressed training.
 *
 * @throws {RangeError} if `lr` is not positive and finite.
 * @example
 * ```ts
 * import { sgd } from "@tacet/tacet";
 * const optimizer = sgd({ lr: 0.05 });
 * ```
 */
export function sgd(options: { lr: number }): Sgd {
  return { kind: "sgd", lr: positive("sgd: lr", options.lr) };
}

/**
 * Gradient descent with momentum (default 0.9): v = momentum v + g, w -= lr v, as MindSpore's and PyTorch's without
 * dampening.
 *
 * @throws {RangeError} if `lr` is not positive and finite or `momentum` not within [0, 1).
 * @example
 * ```ts
 * import { momentum } from "@tacet/tacet";
 * const optimizer = momentum({ lr: 0.01, momentum: 0.9 });
 * ```
 */
export function momentum(options: { lr: number; momentum?: number }): Momentum {
  const rate = options.momentum ?? 0.9;
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`momentum: momentum is ${rate}; it must be at least 0 and below 1`);
  }
  return { kind: "momentum", lr: positive("momentum: lr", options.lr), momentum: rate };
}

/**
 * Adam (Kingma and Ba 2015), with their defaults: lr 0.001, beta1 0.9, beta2 0.999, epsilon 1e-8.
 *
 * @throws {RangeError} if `lr` or `epsilon` is not positive and finite, or a beta not within [0, 1).
 * @example
 * ```ts
 * import { adam } from "@tacet/tacet";
 * const optimizer = adam({ lr: 0.001 });
 * ```
 */
export function adam(options: { lr?: number; beta1?: number; beta2?: number; epsilon?: number } = {}): Adam {
  const { lr = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) throw new RangeError(`adam: ${name} is ${beta}; it must be at least 0 and below 1`);
  }
  positive("adam: epsilon", epsilon);
  return { kind: "adam", lr: positive("adam: lr", lr), beta1, beta2, epsilon };
}

/** Between these, squares and quotients of lengths stay within float32, and between those the noise does. */
const LEAST_CLIP = 2 ** -30, MOST_CLIP = 2 ** 60, MOST_DEVIATION = 2 ** 100;

/**
 * Differentially private gradient descent. `noiseMultiplierFor` finds the noise for an epsilon, and `model.privacy`
 * tells what training has really spent. A `Model` sees to it that batches are Poisson samples as far as can be seen
 * (`sampling: "poisson"`, each image once at most, not too many of them), that each epoch has new batches and each step
 * new noise, that an empty batch is a step, that every step is on record, and that an example whose gradient cannot be
 * measured adds nothing.
 *
 * The promise rests on more than that, and this remains with the caller:
 *
 * - Nobody knows or guesses `seed` (default 1, for experiments only; it has 32 bits) or the seed of the `Dataset`.
 *   Checkpoints do not hold them. No two trainings on the same data share them, nor do two models that go on from one
 *   checkpoint.
 * - Data made by hand that say `sampling: "poisson"` really draw so, anew in each epoch, and their `samples` is
 *   right. Each person has one example. The number of examples is public.
 * - Only the model's parameters, masks and record are shown. Losses, metrics on the training data, the sizes of
 *   batches, that an error or a `DivergedError` ended training, and time taken are not noised. What was chosen by
 *   looking at the data (rates, the best of several trainings) is not counted.
 * - Gradients, sums and noise are float32: the length clipped to is within 1e-5 of `clip`, normal draws end at 6.7
 *   deviations and are not continuous. The promise is proved for real numbers.
 * - `Program.clippedGradients`, `trainStep` and `ParameterStore.update`, called directly, keep no record, take
 *   whatever batch they are given and count their noise anew in each program; `setGradient` clips nothing.
 *
 * Source: Abadi, Chu, Goodfellow, McMahan, Mironov, Talwar and Zhang, "Deep Learning with Differential Privacy", 2016.
 *
 * @throws {RangeError} if `lr` is not positive and finite, `clip` not from 2^-30 to 2^60, `noiseMultiplier` negative,
 * not finite or such that the noise is beyond 2^100, `batchSize` no positive integer or `seed` no unsigned 32-bit
 * integer.
 * @example
 * ```ts
 * import { dpSgd, noiseMultiplierFor } from "@tacet/tacet";
 * const noiseMultiplier = noiseMultiplierFor({ epsilon: 3, samplingRate: 256 / 60000, steps: 2340, delta: 1e-5 });
 * const optimizer = dpSgd({ lr: 0.5, clip: 1, noiseMultiplier, batchSize: 256 });
 * ```
 */
export function dpSgd(
  options: { lr: number; clip: number; noiseMultiplier: number; batchSize: number; seed?: number },
): DpSgd {
  const { lr, clip, noiseMultiplier, batchSize, seed = 1 } = options;
  positive("dpSgd: clip", clip);
  if (clip < LEAST_CLIP || clip > MOST_CLIP) {
    throw new RangeError(`dpSgd: clip is ${clip}; it must be from 2^-30 to 2^60, so that float32 can hold its square`);
  }
  if (!(noiseMultiplier >= 0 && Number.isFinite(noiseMultiplier))) {
    throw new RangeError(`dpSgd: noiseMultiplier is ${noiseMultiplier}; it must be a number of at least 0`);
  }
  if (clip * noiseMultiplier > MOST_DEVIATION) {
    throw new RangeError(`dpSgd: noiseMultiplier is ${noiseMultiplier}; times clip, ${clip}, it must be at most 2^100`);
  }
  integer("dpSgd: batchSize", batchSize);
  integer("dpSgd: seed", seed, 0, MOST_SEED);
  return { kind: "dpSgd", lr: positive("dpSgd: lr", lr), clip, noiseMultiplier, batchSize, seed };
}
