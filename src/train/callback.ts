/**
 * What training tells those who listen.
 *
 * @module
 */
import type { Mechanism } from "../suppress/mechanism.ts";
import type { ModelInTraining } from "./model_in_training.ts";

/** Where training stands. Valid during the call of a callback. */
export interface TrainingState {
  /** The model that trains. */
  readonly model: ModelInTraining;
  /** The epoch of this call of `train`, from 1. */
  readonly epoch: number;
  /** The epoch of the model, from 1: those of earlier calls, and of the checkpoints it was restored from, count too. */
  readonly modelEpoch: number;
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
  /**
   * The mean loss over the whole batch of the last step; undefined if that batch was empty, as happens by Poisson
   * sampling, or before the first step. Asking for it may wait for the device.
   *
   * @throws {DivergedError} (as a rejection) if it is not finite: hand that on.
   */
  loss(): Promise<number | undefined>;
}

/** Listens to training. Each method may be left out, and training waits for the promises they return. */
export interface Callback {
  /** The mechanism whose `afterStep` it calls, if it does so: see `SuppressMasker`. No one else calls it then. */
  readonly drives?: Mechanism;
  /** Before the first step; `epoch`, `modelEpoch`, `stepInEpoch` and `step` are 0. */
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  /** After each step. */
  onStepEnd?(state: TrainingState): void | Promise<void>;
  /** After the last step of each epoch. */
  onEpochEnd?(state: TrainingState): void | Promise<void>;
  /** After the last epoch. */
  onTrainEnd?(state: TrainingState): void | Promise<void>;
}
