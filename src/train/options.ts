/**
 * What models and their training are given.
 *
 * @module
 */
import type { Engine } from "../engine/engine.ts";
import type { Network, Optimizer } from "../nn/mod.ts";
import type { Mechanism } from "../suppress/mechanism.ts";
import type { SuppressPlan } from "../suppress/plan.ts";
import type { Callback } from "./callback.ts";
import type { TrainingData } from "./training_data.ts";

/** A figure computed over the outputs for a data set; {@link accuracy} is one. */
export interface Metric {
  /** Forgets all images. */
  clear(): void;
  /** Takes logits `[images][classes]` and the images' labels. */
  update(logits: Float32Array, labels: ArrayLike<number>, classes: number): void;
  /** The figure over all images since the last clear. */
  value(): number;
}

/** Options of {@link Model}. */
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

/** Options of `SuppressModel`. */
export interface SuppressModelOptions extends ModelOptions {
  /**
   * What silences weights while the model trains: a plan, or a mechanism of one's own. Left out, a control is to be
   * linked by `linkSuppressCtrl`.
   */
  readonly suppress?: SuppressPlan | Mechanism;
}

/** One call of {@link Model.train}. */
export interface TrainingPlan {
  /** Epochs in all. */
  readonly epochs: number;
  /** Steps in an epoch. */
  readonly batches: number;
  /** Images in a step. */
  readonly batchSize: number;
  /** What is trained on. */
  readonly data: TrainingData;
  /** Told of every step and epoch. */
  readonly callbacks: readonly Callback[];
}

/** Options of {@link Model.train}. */
export interface TrainOptions {
  /** Images in a step, the mean of them with Poisson sampling; default 32. */
  readonly batchSize?: number;
  /** Told of every step and epoch, in this order; default none. */
  readonly callbacks?: readonly Callback[];
}
