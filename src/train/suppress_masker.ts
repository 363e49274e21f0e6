/**
 * Lets a suppress control act after each step.
 *
 * @module
 */
import type { SuppressCtrl } from "../suppress/control.ts";
import type { SuppressOperation } from "../suppress/operation.ts";
import type { Callback, TrainingState } from "./callback.ts";

/**
 * Drives a {@link SuppressCtrl}: after each step it lets the control silence weights if it is time; MindArmour's
 * callback of the same name.
 */
export class SuppressMasker implements Callback {
  /** The control it drives. */
  readonly control: SuppressCtrl;
  readonly #onOperation: ((operation: SuppressOperation) => void) | undefined;

  /**
   * Changes nothing by itself: hand it to `train` among the callbacks.
   *
   * @param control linked to the model that trains
   * @param onOperation told of each suppress operation
   * @example
   * ```ts
   * import { lenet5, lenet5MaskLayers, SuppressMasker, SuppressPrivacyFactory } from "@tacet/tacet";
   * const control = SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers());
   * const masker = new SuppressMasker(control, ({ step, targetSparsity }) => console.log(step, targetSparsity));
   * ```
   */
  constructor(control: SuppressCtrl, onOperation?: (operation: SuppressOperation) => void) {
    this.control = control;
    this.#onOperation = onOperation;
  }

  /** The control. */
  get drives(): SuppressCtrl {
    return this.control;
  }

  /** Operates if it is time. */
  async onStepEnd(state: TrainingState): Promise<void> {
    const operation = await this.control.afterStep(state.epoch, state.stepInEpoch);
    if (operation) this.#onOperation?.(operation);
  }
}
