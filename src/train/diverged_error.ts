/**
 * What is said when training has diverged.
 *
 * @module
 */

/** Where training diverged. */
export interface DivergedAt {
  /** The mean loss over the batch: NaN or Infinity. */
  readonly loss: number;
  /** The epoch of the call of `train`, from 1. */
  readonly epoch: number;
  /** The step within the epoch, from 1. */
  readonly stepInEpoch: number;
  /** The step of the call of `train`, from 1. */
  readonly step: number;
}

/**
 * The loss of a step is no longer a finite number: training has diverged. That step and all behind it have changed
 * nothing: the model has the parameters, the optimizer's velocity and the number of steps of before it.
 *
 * @example
 * ```ts
 * import { dense, DivergedError, flatten, Model, openEngine, sequential, sgd } from "@tacet/tacet";
 * import { Dataset, drawnDigits } from "@tacet/tacet/data";
 * const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]);
 * const model = new Model({ engine: await openEngine(), network, optimizer: sgd({ lr: 1e38 }) });
 * try {
 *   await model.train(1, new Dataset(drawnDigits(64)));
 * } catch (error) {
 *   if (!(error instanceof DivergedError)) throw error;
 *   console.log(error.message); // names the step; a smaller learning rate may help
 * }
 * ```
 */
export class DivergedError extends Error implements DivergedAt {
  /** Always "DivergedError". */
  override name = "DivergedError";
  /** The mean loss over the batch: NaN or Infinity. */
  readonly loss: number;
  /** The epoch of the call of `train`, from 1. */
  readonly epoch: number;
  /** The step within the epoch, from 1. */
  readonly stepInEpoch: number;
  /** The step of the call of `train`, from 1. */
  readonly step: number;

  /** Says where it was, and which learning rate was too great. */
  constructor({ loss, epoch, stepInEpoch, step }: DivergedAt, lr: number) {
    super(
      `training diverged: the loss is ${loss} at step ${stepInEpoch} of epoch ${epoch} (step ${step} of this training); ` +
        `the parameters are those of before; take a smaller lr than ${lr}`,
    );
    this.loss = loss;
    this.epoch = epoch;
    this.stepInEpoch = stepInEpoch;
    this.step = step;
  }
}
