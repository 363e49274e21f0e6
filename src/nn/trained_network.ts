/**
 * A network with the values that training gave it.
 *
 * @module
 */
import type { Network, ParameterValues } from "./network.ts";

/** A network and the values of its parameters. */
export interface TrainedNetwork {
  /** What it computes. */
  readonly network: Network;
  /** Its trained values, by name. */
  readonly parameters: ParameterValues;
}
