/**
 * What models and their training are given.
 *
 * @module
 */
import type { BatchSource, Engine } from "../engine/engine.ts";
import type { Network, Optimizer } from "../nn/mod.ts";
import type { Callback } from "./callback.ts";

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

/** A figure computed over the outputs for a data set; {@link accuracy} is one. */
export interface Metric {
  /** Forgets all images. */
  clear(): void;
  /** Takes logits `[images][classes]` and the images' labels. */
  update(logits: Float32Array, labels: ArrayLike<number>, classes: number): void;
  /** The figure over all images since the last clear. */
  value(): number;
}

/** Options of {@link Model} and `SuppressModel`. */
export interface ModelOptions {
  /** What carries the arithmetic out; see `openEngine`. */
  readonly engine: Engine;
  /** What is trained; its seed decides the first parameters. */
  readonly network: Network;
  /** The rule by which a step changes the parameters. */
  readonly optimizer: Optimizer;
  /** What {@link Model.eval} computes, by names of one's own. */
  readonly metrics?: Readonly<Record<string, Metric>>;
}

/** Options of {@link Model.train}. */
export interface TrainOptions {
  /** Images in a step, the mean of them with Poisson sampling; default 32. */
  readonly batchSize?: number;
  /** Told of every step and epoch, in this order; default none. */
  readonly callbacks?: readonly Callback[];
}

/** What a caller vouches for of parameters that a model is given; see {@link Model.restore}. */
export interface OriginOptions {
  /**
   * True if they owe nothing to private data but through training with differential privacy that the model or the
   * checkpoint has on record: they were drawn, trained on public data, or made of this model's own parameters. Default
   * false.
   */
  readonly publicData?: boolean;
}
