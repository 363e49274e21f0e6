/**
 * Changes the learning rate from epoch to epoch.
 *
 * @module
 */
import type { Callback, TrainingState } from "./callback.ts";

/** Sets the learning rate before each epoch; MindSpore's callback of the same name. */
export class LearningRateScheduler implements Callback {
  readonly #rate: (lr: number, epoch: number) => number;

  /**
   * Changes nothing by itself: hand it to `train` among the callbacks.
   *
   * @param rate the rate of an epoch (from 1), given the rate so far
   * @example
   * ```ts
   * import { LearningRateScheduler } from "@tacet/tacet";
   * const scheduler = new LearningRateScheduler((lr, epoch) => epoch === 9 ? lr / 5 : lr);
   * ```
   */
  constructor(rate: (lr: number, epoch: number) => number) {
    this.#rate = rate;
  }

  #set({ model }: TrainingState, epoch: number): void {
    const { lr } = model.optimizer, rate = this.#rate(lr, epoch);
    if (rate !== lr) model.setLearningRate(rate);
  }

  /** Sets the rate of the first epoch. */
  onTrainBegin(state: TrainingState): void {
    this.#set(state, 1);
  }

  /** Sets the rate of the epoch that follows. */
  onEpochEnd(state: TrainingState): void {
    if (state.epoch < state.epochs) this.#set(state, state.epoch + 1);
  }
}
