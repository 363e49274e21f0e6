/**
 * Differential privacy: what a training run with noise has spent.
 *
 * @example
 * ```ts
 * import { epsilonOf } from "@tacet/tacet/privacy";
 * const { epsilon } = epsilonOf({ samplingRate: 256 / 60000, noiseMultiplier: 1.1, steps: 14040, delta: 1e-5 });
 * console.log(epsilon.toFixed(2)); // 2.59: 60 epochs of MNIST
 * ```
 *
 * @module
 */
export { type Accounting, type AccountingOptions, RENYI_ORDERS } from "./epsilon.ts";
export {
  composedEpsilonOf,
  epsilonOf,
  noiseMultiplierFor,
  type NoiseOptions,
  type SpendingOptions,
  type SpendingStretch,
} from "./rdp_accountant.ts";
