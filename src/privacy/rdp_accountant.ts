/**
 * The accountant of differential privacy: epsilon of a training run with clipped and noised gradients (DP-SGD) over Poisson samples. Its figures come from logarithms, whose last bits differ between
 * runtimes.
 *
 * @module
 */
import { sampledGaussianRdp } from "./sampled_gaussian.ts";

/** The orders at which Rényi divergences are looked at by default: 1.1 to 10.9 by tenths, 12 to 63, and 128, 256, 512, 1024. */
export const RENYI_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 52 }, (_, i) => 12 + i),
  128,
  256,
  512,
  1024,
];

/** What a training run does. */
export interface SpendingOptions {
  /** Probability with which an example takes part in a step: the mean batch size over the number of examples. */
  readonly samplingRate: number;
  /** Standard deviation of the noise, over the length to which each example's gradient is clipped. */
  readonly noiseMultiplier: number;
  /** Number of steps. */
  readonly steps: number;
  /** The probability with which epsilon may not hold; less than one over the number of examples. */
  readonly delta: number;
  /** Orders above 1; default {@link RENYI_ORDERS}. */
  readonly orders?: readonly number[];
  /**
   * From Rényi divergence to epsilon: "classical" (Mironov 2017, Proposition 3) or the tighter "improved" (the default; Canonne, Kamath and Steinke 2020, Proposition 12).
   */
  readonly conversion?: "classical" | "improved";
}

/** What a run has spent. */
export interface Accounting {
  /** The run is (epsilon, delta)-differentially private, neighbours differing by one example. */
  readonly epsilon: number;
  /** The order that gave the least epsilon. */
  readonly order: number;
  /** True if that is the first or last order: more orders might give less. */
  readonly atEdge: boolean;
}

function check(holds: boolean, name: string, value: unknown, rule: string): void {
  if (!holds) throw new RangeError(`${name} is ${value}; it must be ${rule}`);
}

function checkRun({ samplingRate, steps, delta }: Omit<SpendingOptions, "noiseMultiplier">): void {
  check(samplingRate >= 0 && samplingRate <= 1, "samplingRate", samplingRate, "from 0 to 1");
  check(Number.isSafeInteger(steps) && steps >= 1, "steps", steps, "a positive integer");
  check(delta > 0 && delta < 1, "delta", delta, "above 0 and below 1");
}

/**
 * The epsilon of a training run.
 *
 * @throws {RangeError} that names the argument, its value and the rule.
 * @example
 * ```ts
 * import { epsilonOf } from "@tacet/tacet";
 * const { epsilon } = epsilonOf({ samplingRate: 256 / 60000, noiseMultiplier: 1.1, steps: 14040, delta: 1e-5 });
 * console.log(epsilon.toFixed(2)); // 60 epochs of MNIST
 * ```
 */
export function epsilonOf(options: SpendingOptions): Accounting {
  const { samplingRate, noiseMultiplier, steps, delta, orders = RENYI_ORDERS, conversion = "improved" } = options;
  checkRun(options);
  check(
    noiseMultiplier > 0 && Number.isFinite(noiseMultiplier),
    "noiseMultiplier",
    noiseMultiplier,
    "a positive number",
  );
  check(
    orders.length > 0 && orders.every((order) => order > 1 && Number.isFinite(order)),
    "orders",
    `[${orders}]`,
    "numbers above 1, at least one",
  );
  check(conversion === "classical" || conversion === "improved", "conversion", conversion, '"classical" or "improved"');
  let epsilon = Infinity, best = 0;
  orders.forEach((order, index) => {
    const divergence = steps * sampledGaussianRdp(samplingRate, noiseMultiplier, order);
    const spent = conversion === "classical"
      ? divergence + Math.log(1 / delta) / (order - 1)
      : divergence + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
    if (spent < epsilon) [epsilon, best] = [spent, index];
  });
  return { epsilon: Math.max(0, epsilon), order: orders[best]!, atEdge: best === 0 || best === orders.length - 1 };
}

/** What a training run is to spend. */
export interface NoiseOptions extends Omit<SpendingOptions, "noiseMultiplier"> {
  /** The epsilon not to be exceeded. */
  readonly epsilon: number;
}

/** Noise multipliers are multiples of this, so that they are the same in every runtime. */
const NOISE_STEP = 2 ** -10;
const MOST_NOISE = 2 ** 14;

/**
 * The least noise multiplier, up to 1/1024, with which a training run spends no more than epsilon.
 *
 * @throws {RangeError} that names the argument, its value and the rule; also if even noise of 16,384 is not enough.
 * @example
 * ```ts
 * import { noiseMultiplierFor } from "@tacet/tacet";
 * console.log(noiseMultiplierFor({ epsilon: 3, samplingRate: 256 / 60000, steps: 14040, delta: 1e-5 })); // about 1.1
 * ```
 */
export function noiseMultiplierFor({ epsilon, ...run }: NoiseOptions): number {
  checkRun(run);
  check(epsilon > 0 && Number.isFinite(epsilon), "epsilon", epsilon, "a positive number");
  const enough = (steps: number) => epsilonOf({ ...run, noiseMultiplier: steps * NOISE_STEP }).epsilon <= epsilon;
  let low = 0, high = MOST_NOISE / NOISE_STEP;
  check(
    enough(high),
    "epsilon",
    epsilon,
    `more: even a noise multiplier of ${MOST_NOISE} spends more at delta ${run.delta}`,
  );
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high * NOISE_STEP;
}
