/**
 * What is saved of a training run, whatever the file.
 *
 * @module
 */
import type { TrainingRecord } from "./record.ts";
import type { Tensor } from "./tensor.ts";

/** A parameter's values: `data` has as many elements as the product of `shape`, the last index running fastest. */
export interface SavedParameter {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** The values. */
  readonly data: Float32Array;
}

/** All that must be kept of a training run to use or continue it. */
export interface Checkpoint {
  /** The parameters by name, such as "conv1.weight". */
  readonly parameters: Readonly<Record<string, SavedParameter>>;
  /** For each masked parameter, by its name: 1 for every weight that is kept, 0 for every suppressed one. */
  readonly masks: Readonly<Record<string, Uint8Array>>;
  /** Training steps made so far. */
  readonly step: number;
  /** Whatever else the run should remember, as JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * What another tool's file held beside the parameters, by name: state of optimizers, counters, tensors of integers
   * and booleans, single numbers, texts. Absent if nothing.
   */
  readonly other?: Readonly<Record<string, Tensor | string>>;
  /** What training the parameters have seen; absent if nobody knows. */
  readonly record?: TrainingRecord;
}
