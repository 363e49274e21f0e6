/**
 * What callbacks may do with the model that trains.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { TrainingRecord } from "../checkpoint/record.ts";
import type { Fit, FitOptions, Network, Optimizer, ParameterValues } from "../nn/mod.ts";
import type { AccountingOptions } from "../privacy/mod.ts";
import type { OriginOptions } from "./origin.ts";
import type { PrivacySpent } from "./privacy_spent.ts";
import type { SparsityReport } from "./sparsity.ts";
import type { TrainingData } from "./training_data.ts";

/**
 * A `Model` in the midst of its `train`: all that it can do but train and be restored. Its methods say what they do.
 */
export interface ModelInTraining {
  /** What is trained. */
  readonly network: Network;
  /** The rule by which a step changes the parameters. */
  readonly optimizer: Optimizer;
  /** Steps trained so far, over all calls of `train`. */
  readonly steps: number;
  /** All training that it has seen. */
  readonly record: TrainingRecord;
  /** Changes the learning rate from the next step on. */
  setLearningRate(lr: number): void;
  /** The privacy spent so far. */
  privacy(options: AccountingOptions): PrivacySpent;
  /** Its metrics over all images of a data set. */
  eval(data: TrainingData): Promise<Record<string, number>>;
  /** The values of all parameters, copied. */
  parameters(): Promise<Record<string, Float32Array>>;
  /** Replaces parameters. */
  setParameters(values: ParameterValues, options?: FitOptions & OriginOptions): Promise<Fit>;
  /** The masks of all masked parameters: 1 = kept. */
  masks(): Promise<Record<string, Uint8Array>>;
  /** How much of it is silent now. */
  sparsity(): Promise<SparsityReport>;
  /** All that a checkpoint of it holds. */
  checkpoint(): Promise<Checkpoint>;
}
