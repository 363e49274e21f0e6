/**
 * Training with suppress privacy.
 *
 * @module
 */
import type { ParameterStore } from "../engine/engine.ts";
import type { SuppressCtrl } from "../suppress/control.ts";
import type { Mechanism } from "../suppress/mechanism.ts";
import { checkPlan, controlOf, type SuppressPlan } from "../suppress/plan.ts";
import type { Callback } from "./callback.ts";
import { Model } from "./model.ts";
import type { SuppressModelOptions, TrainingPlan, TrainOptions } from "./options.ts";
import { SuppressMasker } from "./suppress_masker.ts";
import type { TrainingData } from "./training_data.ts";

const isMechanism = (suppress: SuppressPlan | Mechanism): suppress is Mechanism => "afterStep" in suppress;

/**
 * A network trained with suppress privacy. What is silenced and when is said by the option `suppress`; or as in
 * MindArmour, whose class has the same name, by a control that is made, linked, and driven by a masker.
 */
export class SuppressModel extends Model {
  readonly #plan: SuppressPlan | undefined;
  #control: SuppressCtrl | undefined;
  #mechanism: Mechanism | undefined;
  /** Whether the mechanism was linked: then a callback must drive it. */
  #linked = false;

  /**
   * Computes nothing yet.
   *
   * @param options those of {@link Model}, and `suppress`
   * @throws {RangeError | TypeError} if an option is none that can be trained with; the message says which.
   * @example
   * ```ts
   * import { Dataset, drawnDigits, lenet5, lenet5MaskLayers, openEngine, sgd, SuppressModel } from "@tacet/tacet";
   * const digits = new Dataset(drawnDigits(320), { size: [32, 32] });
   * const engine = await openEngine(), network = lenet5(), optimizer = sgd({ lr: 0.05 });
   * const suppress = { layers: lenet5MaskLayers(), startEpoch: 1, sparseEnd: 0.95 };
   * const model = new SuppressModel({ engine, network, optimizer, suppress });
   * await model.train(2, digits, { batchSize: 32 });
   * console.log((await model.sparsity()).total, model.suppressCtrl?.operations);
   * ```
   */
  constructor(options: SuppressModelOptions) {
    super(options);
    const { suppress, network, optimizer } = options;
    if (suppress === undefined) return;
    if (typeof suppress !== "object" || suppress === null) {
      throw new TypeError(`suppress is ${suppress}; it must be a plan, { layers, ... }, or a mechanism`);
    }
    if (isMechanism(suppress)) {
      suppress.checkOptimizer?.(optimizer);
      this.#mechanism = suppress;
      return;
    }
    if (optimizer.kind !== "sgd") {
      throw new TypeError(`the optimizer is ${optimizer.kind}; suppress privacy needs plain sgd`);
    }
    checkPlan(network, suppress);
    this.#plan = suppress;
  }

  /**
   * The control that silences weights: the one that was linked, or that the last call of `train` made of the plan.
   * It tells its settings, its operations, its warnings and the units that are silent. Undefined before, and with a
   * mechanism of one's own.
   */
  get suppressCtrl(): SuppressCtrl | undefined {
    return this.#control;
  }

  /**
   * Links the control that silences weights while this model trains.
   *
   * @throws {TypeError} if a control is linked already, the model was made with `suppress`, or the optimizer is not
   * plain SGD.
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
    if (this.#linked) throw new TypeError("this model already has a SuppressCtrl");
    if (this.#plan ?? this.#mechanism) {
      throw new TypeError("this model was made with the option suppress: a SuppressCtrl cannot be linked, too");
    }
    control.checkOptimizer(this.optimizer);
    this.#control = this.#mechanism = control;
    this.#linked = true;
  }

  /** Who acts in a run: of a plan a control made for it, which goes on from the masks that there are. */
  #mechanismFor(run: TrainingPlan): Mechanism {
    if (this.#plan) {
      const control = controlOf(this.network, this.#plan, run, this.optimizer.lr);
      this.#control = this.#mechanism = control;
    }
    if (this.#mechanism) return this.#mechanism;
    throw new TypeError(
      "no SuppressCtrl is linked: call linkSuppressCtrl before train, or make the model with suppress",
    );
  }

  /** The callback by which a mechanism acts. */
  #driverOf(mechanism: Mechanism): Callback {
    if (this.#plan) return new SuppressMasker(mechanism as SuppressCtrl, this.#plan.onOperation);
    return {
      async onStepEnd({ epoch, stepInEpoch }) {
        await mechanism.afterStep(epoch, stepInEpoch);
      },
    };
  }

  /** Has the mechanism look at the run, take charge of its parameters and act after each step, before all callbacks. */
  protected override prepare(plan: TrainingPlan): (parameters: ParameterStore) => Promise<TrainingPlan> {
    const mechanism = this.#mechanismFor(plan), isDriven = plan.callbacks.some(({ drives }) => drives === mechanism);
    mechanism.checkRun?.(plan);
    if (this.#linked && !isDriven) {
      throw new TypeError(
        "the callbacks hold no SuppressMasker of the linked SuppressCtrl: nothing would be suppressed",
      );
    }
    const callbacks = isDriven ? plan.callbacks : [this.#driverOf(mechanism), ...plan.callbacks];
    return async (parameters) => {
      await mechanism.attach(parameters);
      if (this.#plan) this.#control!.goOn(await parameters.masks());
      return { ...plan, callbacks };
    };
  }

  /**
   * Trains with suppression.
   *
   * By the option `suppress` each call has a control of its own, made of the plan and of this call's epochs, batches
   * and rate. Whatever masks silence already stays silent: a further call, or one behind `restore`, goes on from there.
   *
   * With a linked control `epochs` must be the control's, the batches of an epoch its batchNum, and its
   * {@link SuppressMasker} among the callbacks; it serves one call.
   *
   * @throws {TypeError} (as a rejection) if no control is linked, its masker is missing, or it served a run before.
   * @throws {RangeError} (as a rejection) if epochs or batches are not the control's, or the plan does not fit them.
   */
  override async train(epochs: number, data: TrainingData, options: TrainOptions = {}): Promise<void> {
    await super.train(epochs, data, options);
    // An operation after the very last step would leave weights masked but not yet zero.
    (await this.program()).parameters.applyMasks();
  }

  /** The optimizer, and under `suppress` what the mechanism records of itself: of a control settings and layers. */
  protected override settings(): Record<string, unknown> {
    return { ...super.settings(), ...(this.#mechanism && { suppress: this.#mechanism.recorded }) };
  }
}
