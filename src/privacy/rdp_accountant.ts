/**
 * The accountant of differential privacy: epsilon of a training run with clipped and noised gradients (DP-SGD) over
 * Poisson samples. Its figures come from logarithms, whose last bits differ between runtimes.
 *
 * @module
 */
import { type Accounting, type AccountingOptions, check, checkAccounting, leastEpsilon } from "./epsilon.ts";
import { sampledGaussianRdp } from "./sampled_gaussian.ts";

/** Steps of training that are alike. */
export interface SpendingStretch {
  /** Probability with which an example takes part in a step: the mean batch size over the number of examples. */
  readonly samplingRate: number;
  /** Standard deviation of the noise on the sum of gradients, over the length to which each example's is clipped. */
  readonly noiseMultiplier: number;
  /** Number of steps, at most a billion. */
  readonly steps: number;
}

/** What a training run does, all steps being alike. */
export interface SpendingOptions extends SpendingStretch, AccountingOptions {}

/** Bounds that no training run meets, but that keep every figure finite and its rounding out of sight. */
const MOST_STEPS = 1e9;
const LEAST_NOISE = 2 ** -20;
const MOST_NOISE = 2 ** 20;

function checkSteps(run: Omit<SpendingStretch, "noiseMultiplier">, where = ""): void {
  check(`${where}samplingRate`, run.samplingRate, (rate) => rate >= 0 && rate <= 1, "from 0 to 1");
  const isCount = (steps: number) => Number.isInteger(steps) && steps >= 1 && steps <= MOST_STEPS;
  check(`${where}steps`, run.steps, isCount, "without fraction from 1 to 1,000,000,000");
}

function checkStretch(stretch: SpendingStretch, where?: string): void {
  checkSteps(stretch, where);
  const isNoise = (noise: number) => noise >= LEAST_NOISE && noise <= MOST_NOISE;
  check(`${where ?? ""}noiseMultiplier`, stretch.noiseMultiplier, isNoise, "from 2^-20 to 2^20");
}

/**
 * The epsilon of a training run.
 *
 * @throws {RangeError} that names the argument, its value and what is allowed.
 * @throws {TypeError} if an argument is not a number, or `orders` no array.
 * @example
 * ```ts
 * import { epsilonOf } from "@tacet/tacet";
 * const { epsilon } = epsilonOf({ samplingRate: 256 / 60000, noiseMultiplier: 1.1, steps: 14040, delta: 1e-5 });
 * console.log(epsilon.toFixed(2)); // 2.59: 60 epochs of MNIST
 * ```
 */
export function epsilonOf(options: SpendingOptions): Accounting {
  checkStretch(options);
  return accountingOf([options], options);
}

/** Stretches whose steps are alike as one. */
function together(stretches: readonly SpendingStretch[]): SpendingStretch[] {
  const alike = new Map<string, SpendingStretch>();
  for (const { samplingRate, noiseMultiplier, steps } of stretches) {
    const key = `${samplingRate} ${noiseMultiplier}`, before = alike.get(key)?.steps ?? 0;
    alike.set(key, { samplingRate, noiseMultiplier, steps: before + steps });
  }
  return [...alike.values()];
}

/**
 * The epsilon of several stretches of training on the same examples together, each with a sampling rate and a noise of
 * its own: their Rényi divergences are added up at each order, then turned into an epsilon. Stretches in any order, and
 * cut in any way, give the same, to rounding; none give 0.
 *
 * @throws {RangeError} that names the argument, its value and what is allowed.
 * @throws {TypeError} if an argument is not a number, or `stretches` or `orders` no array.
 * @example
 * ```ts
 * import { composedEpsilonOf } from "@tacet/tacet";
 * const slow = { samplingRate: 256 / 60000, noiseMultiplier: 1.1, steps: 7020 }, fast = { ...slow, noiseMultiplier: 0.9 };
 * console.log(composedEpsilonOf([slow, slow], { delta: 1e-5 }).epsilon.toFixed(2)); // 2.59: as 14,040 steps at once
 * console.log(composedEpsilonOf([slow, fast], { delta: 1e-5 }).epsilon.toFixed(2)); // 3.26
 * ```
 */
export function composedEpsilonOf(stretches: readonly SpendingStretch[], options: AccountingOptions): Accounting {
  if (!Array.isArray(stretches)) throw new TypeError("stretches is not an array; it must be one of stretches of steps");
  stretches.forEach((stretch, i) => checkStretch(stretch, `stretches[${i}].`));
  return accountingOf(together(stretches), options);
}

function accountingOf(stretches: readonly SpendingStretch[], options: AccountingOptions): Accounting {
  // Nothing is spent if nobody is sampled.
  if (stretches.every(({ samplingRate }) => samplingRate === 0)) return leastEpsilon(options);
  return leastEpsilon(options, (order) => {
    let divergence = 0;
    for (const { samplingRate, noiseMultiplier, steps } of stretches) {
      divergence += steps * sampledGaussianRdp(samplingRate, noiseMultiplier, order);
    }
    return divergence;
  });
}

/** What a training run is to spend. */
export interface NoiseOptions extends Omit<SpendingOptions, "noiseMultiplier"> {
  /** The epsilon not to be exceeded. */
  readonly epsilon: number;
}

/** Noise multipliers are multiples of this, so that they are the same in every runtime. */
const NOISE_STEP = 2 ** -10;
const MOST_NOISE_FOUND = 2 ** 14;

/**
 * The least noise multiplier, among the multiples of 1/1024, with which a training run spends no more than epsilon.
 *
 * @throws {RangeError} that names the argument, its value and what is allowed; also if noise of 16,384 is not enough.
 * @throws {TypeError} if an argument is not a number, or `orders` no array.
 * @example
 * ```ts
 * import { noiseMultiplierFor } from "@tacet/tacet";
 * console.log(noiseMultiplierFor({ epsilon: 3, samplingRate: 256 / 60000, steps: 14040, delta: 1e-5 })); // 1.013671875
 * ```
 */
export function noiseMultiplierFor(options: NoiseOptions): number {
  const { epsilon, ...run } = options;
  checkSteps(run);
  checkAccounting(run);
  check("epsilon", epsilon, (most) => most > 0 && Number.isFinite(most), "above 0, not infinite");
  const spent = (count: number) => epsilonOf({ ...run, noiseMultiplier: count * NOISE_STEP }).epsilon;
  let low = 0, high = MOST_NOISE_FOUND / NOISE_STEP;
  const least = spent(high);
  if (least > epsilon) {
    throw new RangeError(
      `epsilon is ${epsilon}; with this delta and these steps and orders even a noise multiplier of ` +
        `${MOST_NOISE_FOUND} spends ${least.toPrecision(3)}. Allow more, a greater delta, or greater orders`,
    );
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (spent(middle) <= epsilon) high = middle;
    else low = middle;
  }
  return high * NOISE_STEP;
}
