/**
 * What a mean or a share over a sample says about all images: 95 % confidence intervals.
 *
 * @module
 */

import { finite, integer } from "../checks/numbers.ts";

/** A figure and the 95 % confidence interval around it. */
export interface Interval {
  /** The figure measured. */
  readonly mean: number;
  /** Lower end; null where the sample is too small to tell. */
  readonly low: number | null;
  /** Upper end; null where the sample is too small to tell. */
  readonly high: number | null;
}

/** An {@linkcode Interval} whose ends are always known. */
export interface KnownInterval extends Interval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** 0.975 quantile of the standard normal distribution. */
export const Z = 1.959963984540054;

/** 0.975 quantiles of Student's t distribution with 1, 2, ... 10 degrees of freedom. */
// deno-fmt-ignore
const T = [
  12.706204736, 4.3026527297, 3.1824463053, 2.7764451052, 2.5705818356, 2.4469118511, 2.3646242516, 2.3060041352, 2.2621571628, 2.228138852,
];

/**
 * 0.975 quantile of Student's t distribution, within 5e-6 for every number of degrees of freedom: a table up to 10,
 * Fisher's expansion in their inverse beyond. No logarithm and no power, whose last bits differ between JavaScript
 * engines.
 *
 * Source of the expansion: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
 *
 * @throws {RangeError} if `degrees` is not a positive integer.
 *
 * @example
 * ```ts
 * import { studentT975 } from "./interval.ts";
 * console.log(studentT975(29).toFixed(4)); // 2.0452
 * ```
 */
export function studentT975(degrees: number): number {
  integer("degrees", degrees);
  const known = T[degrees - 1];
  if (known !== undefined) return known;
  const z2 = Z * Z;
  const g1 = (z2 + 1) / 4;
  const g2 = ((5 * z2 + 16) * z2 + 3) / 96;
  const g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  const inverse = 1 / degrees;
  return Z * (1 + inverse * (g1 + inverse * (g2 + inverse * (g3 + inverse * g4))));
}

/**
 * Mean of the values and its 95 % confidence interval: mean -+ t * s / sqrt(n), with s the sample's standard deviation
 * and t Student's quantile for n - 1 degrees of freedom. It takes the values to be independent and their mean about
 * normally distributed. One value tells nothing about the spread: `low` and `high` are then null.
 *
 * @throws {RangeError} if there are no values, or one is not finite.
 *
 * @example
 * ```ts
 * import { meanInterval } from "@tacet/tacet";
 * const { mean, low, high } = meanInterval([0.8, 0.9, 0.7, 0.8]);
 * console.log(mean, low, high); // 0.8, about 0.67 and 0.93
 * ```
 */
export function meanInterval(values: ArrayLike<number>): Interval {
  const n = values.length;
  if (n === 0) throw new RangeError("values is empty; a mean needs at least one value");
  finite("values", values);
  // Relative to the first value, so that equal values have exactly that mean and no spread.
  const first = values[0]!;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]! - first;
  const mean = first + sum / n;
  if (n === 1) return { mean, low: null, high: null };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) * (values[i]! - mean);
  const half = studentT975(n - 1) * Math.sqrt(squares / (n - 1) / n);
  if (!Number.isFinite(half)) throw new RangeError("values are too large: their squares overflow; scale them down");
  return { mean, low: mean - half, high: mean + half };
}

/**
 * A share (an accuracy, say) and its 95 % confidence interval by Wilson's score, which stays within [0, 1] and makes
 * sense even when all or none succeeded. `mean` is `successes / trials`.
 *
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
 * Statistical Association 22, 1927.
 *
 * @throws {RangeError} unless both are integers with 0 <= successes <= trials and trials >= 1.
 *
 * @example
 * ```ts
 * import { wilsonInterval } from "@tacet/tacet";
 * const { mean, low, high } = wilsonInterval(9745, 10000);
 * console.log(mean, low.toFixed(4), high.toFixed(4)); // 0.9745 0.9712 0.9774
 * ```
 */
export function wilsonInterval(successes: number, trials: number): KnownInterval {
  integer("trials", trials);
  integer("successes", successes, 0, trials, ", the trials");
  const mean = successes / trials;
  const z2 = Z * Z;
  const centre = (successes + z2 / 2) / (trials + z2);
  const half = (Z * Math.sqrt(trials * mean * (1 - mean) + z2 / 4)) / (trials + z2);
  // At the ends the formula gives exactly 0 or 1, but for its rounding.
  const low = successes === 0 ? 0 : Math.max(0, centre - half);
  const high = successes === trials ? 1 : Math.min(1, centre + half);
  return { mean, low, high };
}
