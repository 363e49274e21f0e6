/**
 * From Rényi divergence to epsilon.
 *
 * @module
 */

/**
 * The orders of Rényi divergence looked at by default: 1.1 to 10.9 by tenths, 12 to 63, 128, 256, 512, 1024.
 *
 * @example
 * ```ts
 * import { epsilonOf, RENYI_ORDERS } from "@tacet/tacet";
 * const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 1000, delta: 1e-5 };
 * console.log(epsilonOf({ ...run, orders: RENYI_ORDERS.filter((order) => order <= 64) }).epsilon);
 * ```
 */
export const RENYI_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 52 }, (_, i) => 12 + i),
  128,
  256,
  512,
  1024,
];

/** How epsilon is computed. */
export interface AccountingOptions {
  /** The probability with which epsilon may not hold; choose less than one over the number of examples. */
  readonly delta: number;
  /** Orders above 1, at most a million; default {@link RENYI_ORDERS}. */
  readonly orders?: readonly number[];
  /**
   * From Rényi divergence to epsilon: "classical" (Mironov 2017, proposition 3) or the tighter "improved" (the
   * default; Canonne, Kamath and Steinke 2020, proposition 12).
   */
  readonly conversion?: "classical" | "improved";
}

/** What a run has spent. */
export interface Accounting {
  /** The run is (epsilon, delta)-differentially private, neighbours differing by one example added or removed. */
  readonly epsilon: number;
  /** The order that gave the least epsilon. */
  readonly order: number;
  /** True if that is the least or greatest of the orders: others beyond it might give less. */
  readonly atEdge: boolean;
}

/** A bound that no training run meets, but that keeps every figure finite and its rounding out of sight. */
const MOST_ORDER = 1e6;

/**
 * Refuses what is no number, or none that is allowed.
 *
 * @throws {TypeError | RangeError} that names the argument, its value and the rule.
 */
export function check(name: string, value: unknown, holds: (value: number) => boolean, rule: string): void {
  if (typeof value !== "number") {
    throw new TypeError(`${name} is of type ${value === null ? "null" : typeof value}; it must be a number ${rule}`);
  }
  if (!holds(value)) throw new RangeError(`${name} is ${value}; it must be a number ${rule}`);
}

/** Looks at how epsilon is to be computed. */
export function checkAccounting(run: AccountingOptions): void {
  check("delta", run.delta, (delta) => delta > 0 && delta < 1, "above 0 and below 1");
  const { orders = RENYI_ORDERS, conversion = "improved" } = run;
  if (!Array.isArray(orders)) throw new TypeError("orders is not an array; it must be one of numbers above 1");
  if (orders.length === 0) throw new RangeError("orders is empty; it must hold at least one number above 1");
  for (let i = 0; i < orders.length; i++) {
    check(`orders[${i}]`, orders[i], (order) => order > 1 && order <= MOST_ORDER, "above 1, at most 1,000,000");
  }
  if (conversion !== "classical" && conversion !== "improved") {
    throw new RangeError(`conversion is ${String(conversion)}; it must be "classical" or "improved"`);
  }
}

/**
 * The least epsilon over all orders.
 *
 * @param divergenceAt the divergence at each of them; undefined if nothing was spent
 * @throws {RangeError | TypeError} that names the option, its value and what is allowed.
 */
export function leastEpsilon(options: AccountingOptions, divergenceAt?: (order: number) => number): Accounting {
  checkAccounting(options);
  const { delta, orders = RENYI_ORDERS, conversion = "improved" } = options;
  let epsilon = Infinity, best = orders[0]!;
  for (const order of orders) {
    const divergence = divergenceAt?.(order) ?? 0;
    const spent = conversion === "classical"
      ? divergence - Math.log(delta) / (order - 1)
      : divergence + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    if (spent < epsilon) [epsilon, best] = [spent, order];
  }
  // Nothing is spent if a bound is below 0, either: no order could give less.
  if (!divergenceAt || epsilon <= 0) return { epsilon: 0, order: best, atEdge: false };
  const atEdge = orders.every((order) => order <= best) || orders.every((order) => order >= best);
  return { epsilon, order: best, atEdge };
}
