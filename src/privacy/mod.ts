/**
 * Differential privacy: what a training run with noise has spent.
 *
 * @module
 */
export {
  type Accounting,
  epsilonOf,
  noiseMultiplierFor,
  type NoiseOptions,
  RENYI_ORDERS,
  type SpendingOptions,
} from "./rdp_accountant.ts";
