/**
 * What a suppress operation tells.
 *
 * @module
 */

/** What a suppress operation did. */
export interface SuppressOperation {
  /** Number of the step after which it happened, from 1 over the whole run. */
  readonly step: number;
  /** The epoch of that step, from 1. */
  readonly epoch: number;
  /** The sparsity that the schedule asked for. */
  readonly targetSparsity: number;
  /** True if the operation was abandoned because the first parameter's weights have all become tiny. */
  readonly abandoned: boolean;
  /** Number of weights of each masked parameter suppressed so far. */
  readonly suppressed: Readonly<Record<string, number>>;
  /** Number of units of each unit layer silent so far. */
  readonly silentUnits: Readonly<Record<string, number>>;
}
