/**
 * Training with suppress privacy.
 *
 * @module
 */
import type { SuppressCtrl } from "../suppress/control.ts";
import { Model } from "./model.ts";
import type { TrainingData, TrainOptions } from "./options.ts";
import { SuppressMasker } from "./suppress_masker.ts";

/** A network trained with suppress privacy; MindArmour's class of the same name. */
export class SuppressModel extends Model {
  #control: SuppressCtrl | undefined;

  /**
   * Links the control that silences weights while this model trains.
   *
   * @throws {TypeError} if a control is linked already, or the optimizer is not plain SGD.
   * @throws {RangeError} if the optimizer's rate is not the control's.
   * @example
   * ```ts
   * import { Dataset, drawnDigits, lenet5, lenet5MaskLayers, openEngine, sgd, SuppressMasker, SuppressModel, SuppressPrivacyFactory } from "@tacet/tacet";
   * const digits = new Dataset(drawnDigits(320), { size: [32, 32] });
   * const network = lenet5();
   * const control = SuppressPrivacyFactory.create(network, lenet5MaskLayers(), { endEpoch: 2, startEpoch: 1, batchNum: digits.batches(32), maskTimes: 2 });
   * const model = new SuppressModel({ engine: await openEngine(), network, optimizer: sgd({ lr: 0.05 }) });
   * model.linkSuppressCtrl(control);
   * await model.train(2, digits, { batchSize: 32, callbacks: [new SuppressMasker(control)] });
   * console.log((await model.sparsity()).total);
   * ```
   */
  linkSuppressCtrl(control: SuppressCtrl): void {
    if (this.#control) throw new TypeError("this model already has a SuppressCtrl");
    if (this.optimizer.kind !== "sgd") {
      throw new TypeError(`the optimizer is ${this.optimizer.kind}; suppress privacy needs plain sgd`);
    }
    if (this.optimizer.lr !== control.settings.lr) {
      throw new RangeError(
        `the optimizer's lr is ${this.optimizer.lr}, but the SuppressCtrl was made for lr ${control.settings.lr}`,
      );
    }
    this.#control = control;
  }

  /**
   * Trains with suppression: `epochs` must be the control's, the batches of an epoch its batchNum, and the control's {@link SuppressMasker} must be among
   * the callbacks.
   *
   * @throws {TypeError} (as a rejection) if no control is linked, its masker is missing, or it served a run before.
   * @throws {RangeError} (as a rejection) if epochs or batches are not the control's.
   */
  override async train(epochs: number, data: TrainingData, options: TrainOptions = {}): Promise<void> {
    const control = this.#control;
    if (!control) throw new TypeError("no SuppressCtrl is linked: call linkSuppressCtrl before train");
    const { epochs: planned, batchNum } = control.settings;
    const { batchSize = 32, callbacks = [] } = options;
    if (epochs !== planned) {
      throw new RangeError(`epochs is ${epochs}, but the SuppressCtrl was made for ${planned} epochs`);
    }
    const batches = data.batches(batchSize);
    if (batches !== batchNum) {
      throw new RangeError(
        `the data give ${batches} batches of ${batchSize} in an epoch, but the SuppressCtrl was made for batchNum ${batchNum}`,
      );
    }
    if (!callbacks.some((callback) => callback instanceof SuppressMasker && callback.control === control)) {
      throw new TypeError(
        "the callbacks hold no SuppressMasker of the linked SuppressCtrl: nothing would be suppressed",
      );
    }
    const { parameters } = await this.program(batchSize);
    control.attach(parameters);
    await super.train(epochs, data, options);
    // An operation after the very last step would leave weights masked but not yet zero.
    parameters.applyMasks();
  }

  /** The optimizer, and under `suppress` the settings and mask layers of the linked control. */
  protected override settings(): Record<string, unknown> {
    const control = this.#control;
    return {
      ...super.settings(),
      ...(control && {
        suppress: { ...control.settings, maskLayers: control.maskLayers, unitLayers: control.unitLayers },
      }),
    };
  }
}
