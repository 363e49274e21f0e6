/**
 * What training tells those who listen.
 *
 * @module
 */
import type { Model } from "./model.ts";

/** Where training stands. Valid during the call of a callback. */
export interface TrainingState {
  /** The model that trains. */
  readonly model: Model;
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Epochs of this call of `train` in all. */
  readonly epochs: number;
  /** The step within the epoch, from 1. */
  readonly stepInEpoch: number;
  /** Steps in an epoch. */
  readonly batches: number;
  /** The step of this call of `train`, from 1. */
  readonly step: number;
  /** Steps of this call of `train` in all. */
  readonly steps: number;
  /** The mean loss over the batch of the last step; asking for it may wait for the device. */
  loss(): Promise<number>;
}

/** Listens to training. Each method may be left out, and training waits for the promises they return. */
export interface Callback {
  /** Before the first step; `epoch`, `stepInEpoch` and `step` are 0. */
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  /** After each step. */
  onStepEnd?(state: TrainingState): void | Promise<void>;
  /** After the last step of each epoch. */
  onEpochEnd?(state: TrainingState): void | Promise<void>;
  /** After the last epoch. */
  onTrainEnd?(state: TrainingState): void | Promise<void>;
}
