/**
 * What a model is trained on.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { BatchSource } from "../engine/engine.ts";

/** Data to train on: a {@link Dataset}, or anything else that hands out batches of indices. */
export interface TrainingData extends BatchSource {
  /** Number of batches in an epoch. */
  batches(batchSize: number): number;
  /** The indices of each batch of an epoch (counted from 1, over all calls of `train`), in turn. */
  epoch(epoch: number, batchSize: number): Iterable<ArrayLike<number>>;
  /**
   * "poisson" if each example takes part in each batch with probability batchSize / samples, whatever the others do,
   * and every epoch draws anew. What differential privacy promises rests on its being true.
   */
  readonly sampling?: "shuffle" | "poisson";
  /** How many different images may take part; by default all of the source. */
  readonly samples?: number;
  /** The same data once, in order and to the last image, for evaluation. */
  inOrder?(): TrainingData;
}

/** How many different images may take part in training. */
export function samplesOf({ samples, source }: TrainingData): number {
  const count = integer("the data's source.count", source.count);
  return samples === undefined ? count : integer("the data's samples", samples, 1, count, ", its images");
}
