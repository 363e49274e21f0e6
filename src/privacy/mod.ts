/**
 * Differential privacy: what a training run with noise has spent.
 *
 * @module
 */
export {
  type Accounting,
  type AccountingOptions,
  composedEpsilonOf,
  epsilonOf,
  noiseMultiplierFor,
  type NoiseOptions,
  RENYI_ORDERS,
  type SpendingOptions,
  type SpendingStretch,
} from "./rdp_accountant.ts";
