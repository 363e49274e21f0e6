/**
 * The control of suppressed training: after each step it decides whether weights are silenced, and silences them.
 *
 * Source: the suppress privacy module of MindArmour.
 *
 * @module
 */
import type { ParameterStore } from "../engine/engine.ts";
import type { Optimizer, ParameterSpec } from "../nn/mod.ts";
import { parametersOf } from "../nn/units.ts";
import type { MaskLayer } from "./mask_layer.ts";
import type { Mechanism, MechanismRun } from "./mechanism.ts";
import type { SuppressOperation } from "./operation.ts";
import type { SuppressSettings } from "./settings.ts";
import { SuppressSchedule } from "./schedule.ts";
import { maskedUnits, type UnitLayer } from "./units.ts";

/** If the network's first parameter has no weight beyond this, an operation is abandoned: the network has died. */
const SPARSE_VALID_MAX_WEIGHT = Math.fround(0.02);

/** The first of the streams of the seed from which noise is drawn; each operation on a layer takes the next. */
const NOISE_STREAM = 0x4000_0000;

/**
 * Made by a `SuppressModel` of its option `suppress`, or by {@link SuppressPrivacyFactory}: then it is linked to a
 * model by `SuppressModel.linkSuppressCtrl` and driven by a `SuppressMasker`.
 *
 * @example
 * ```ts
 * import { lenet5, lenet5MaskLayers, type SuppressCtrl, SuppressPrivacyFactory } from "@tacet/tacet";
 * const control: SuppressCtrl = SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers(), { batchNum: 1875 });
 * console.log(control.maskLayers.length, control.settings.sparseEnd, control.warnings);
 * ```
 */
export class SuppressCtrl implements Mechanism {
  /** The settings in force, complete. */
  readonly settings: SuppressSettings;
  /** The masked layers, in the order of the parameters. */
  readonly maskLayers: readonly MaskLayer[];
  /** The layers suppressed by unit, in the order given. */
  readonly unitLayers: readonly UnitLayer[];
  /** The names of the parameters this control was made for. */
  readonly parameterNames: readonly string[];
  /** What the user should know about the settings; empty if there is nothing. */
  readonly warnings: readonly string[];
  readonly #schedule: SuppressSchedule;
  /** The count of each layer's last operation. */
  readonly #lastCounts: number[];
  /** How many units of each unit layer are silent. */
  #silent: number[];
  #parameters: ParameterStore | undefined;
  #operations = 0;

  /** Use {@link SuppressPrivacyFactory.create}, which checks its arguments. */
  constructor(
    settings: SuppressSettings,
    maskLayers: readonly MaskLayer[],
    unitLayers: readonly UnitLayer[],
    specs: readonly ParameterSpec[],
  ) {
    this.settings = settings;
    this.maskLayers = maskLayers;
    this.unitLayers = unitLayers;
    this.parameterNames = specs.map((spec) => spec.name);
    this.#schedule = new SuppressSchedule(settings);
    this.#lastCounts = maskLayers.map(() => 0);
    this.#silent = unitLayers.map(() => 0);
    const interval = this.#schedule.maskStepInterval;
    this.warnings = interval > 10 && interval < 20 ? [] : [
      `a suppress operation comes every ${Number(interval.toFixed(2))} steps; outside 10 to 20 accuracy may suffer: ` +
      `set maskTimes to about ${Math.max(1, Math.round(this.#schedule.maskAllSteps / 15))}`,
    ];
  }

  /** Number of suppress operations so far. */
  get operations(): number {
    return this.#operations;
  }

  /** Number of units of each unit layer that are silent by now. */
  get silentUnits(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.unitLayers.map(({ name }, i) => [name, this.#silent[i]!]));
  }

  /** Settings and layers, as checkpoints record them. */
  get recorded(): Readonly<Record<string, unknown>> {
    return { ...this.settings, maskLayers: this.maskLayers, unitLayers: this.unitLayers };
  }

  /** Number of steps between operations, a real number. */
  get maskStepInterval(): number {
    return this.#schedule.maskStepInterval;
  }

  /** Throws a TypeError unless the optimizer is plain SGD, a RangeError if its rate is not that of the settings. */
  checkOptimizer({ kind, lr }: Optimizer): void {
    if (kind !== "sgd") throw new TypeError(`the optimizer is ${kind}; suppress privacy needs plain sgd`);
    if (lr === this.settings.lr) return;
    throw new RangeError(`the optimizer's lr is ${lr}, but the SuppressCtrl was made for lr ${this.settings.lr}`);
  }

  /** Throws a RangeError if epochs or batches are not those of the settings. */
  checkRun({ epochs, batches, batchSize }: MechanismRun): void {
    const { epochs: planned, batchNum } = this.settings;
    if (epochs !== planned) {
      throw new RangeError(`epochs is ${epochs}, but the SuppressCtrl was made for ${planned} epochs`);
    }
    if (batches === batchNum) return;
    const given = `the data give ${batches} batches of ${batchSize} in an epoch`;
    throw new RangeError(`${given}, but the SuppressCtrl was made for batchNum ${batchNum}`);
  }

  /** Counts what these masks silence already as silenced by operations of before: nothing of it comes back. */
  goOn(masks: Readonly<Record<string, Uint8Array>>): void {
    for (const [index, { name }] of this.maskLayers.entries()) {
      this.#lastCounts[index] = masks[name]?.reduce((zeros, kept) => zeros + 1 - kept, 0) ?? 0;
    }
    this.#silent = this.unitLayers.map((layer) => maskedUnits(layer, masks));
  }

  /**
   * Takes charge of parameters: gives the masked ones their masks. A control serves one training run.
   *
   * @throws {TypeError} if it already has parameters, or these are not those it was made for.
   */
  attach(parameters: ParameterStore): void {
    if (this.#parameters) throw new TypeError("this SuppressCtrl already serves a training run; create another one");
    const names = parameters.specs.map((spec) => spec.name);
    if (names.join() !== this.parameterNames.join()) {
      throw new TypeError(
        `this SuppressCtrl was made for a network with ${this.parameterNames.join(", ")}, not ${names.join(", ")}`,
      );
    }
    for (const { name } of this.maskLayers) parameters.addMask(name);
    for (const name of this.unitLayers.flatMap(parametersOf)) parameters.addMask(name);
    this.#parameters = parameters;
  }

  #attached(): ParameterStore {
    if (this.#parameters) return this.#parameters;
    throw new TypeError("this SuppressCtrl has no parameters yet: link it to a SuppressModel");
  }

  /**
   * What has to happen after a training step: an operation if the schedule says so.
   *
   * @param epoch from 1
   * @param stepInEpoch from 1
   * @returns the operation, or undefined if there was none
   * @throws {TypeError} if the control has no parameters yet.
   */
  async afterStep(epoch: number, stepInEpoch: number): Promise<SuppressOperation | undefined> {
    const parameters = this.#attached();
    const targetSparsity = this.#schedule.next(epoch, stepInEpoch);
    if (targetSparsity === undefined) {
      parameters.clearDeWeights();
      return undefined;
    }
    this.#operations++;
    await this.#suppressUnits(parameters, this.#schedule.ended ? this.settings.sparseEnd : targetSparsity);
    const abandoned = await this.#isDead(parameters, targetSparsity);
    // The layers' parts are independent of each other: on a GPU none waits for the one before.
    if (!abandoned) {
      await Promise.all(
        this.maskLayers.map((layer, index) => this.#suppress(parameters, index, layer, targetSparsity)),
      );
    }
    // With an operation at every step, those of the operation before are still there: they count once only.
    if (abandoned) parameters.clearDeWeights();
    const suppressed = Object.fromEntries(this.maskLayers.map(({ name }, index) => [name, this.#lastCounts[index]!]));
    const { silentUnits } = this;
    return { step: this.#schedule.step, epoch, targetSparsity, abandoned, suppressed, silentUnits };
  }

  /** The unit layers' part of an operation. */
  async #suppressUnits(parameters: ParameterStore, sparsity: number): Promise<void> {
    if (this.unitLayers.length === 0) return;
    // All is asked for before the first answer: on a GPU none waits for the one before.
    const silent = this.unitLayers.map((layer) => {
      // To the nearest: the schedule comes near its end before it reaches it, and rounded down it would leave a unit
      // too many.
      const target = Math.min(layer.units - layer.minNum, Math.round(layer.units * sparsity));
      return parameters.suppressUnits(layer, { target, importance: layer.importance });
    });
    // Weights that fell silent with their unit count as suppressed.
    const counts = this.maskLayers.map(({ name }) => parameters.countSuppressed(name));
    const [units, weights] = await Promise.all([Promise.all(silent), Promise.all(counts)]);
    weights.forEach((count, index) => this.#lastCounts[index] = count);
    this.#silent = units;
  }

  /** How many of a layer's weights are to be suppressed at a sparsity. */
  #stopOf({ count, minNum }: MaskLayer, sparsity: number): number {
    return Math.floor(count * Math.min(1 - Math.min(minNum, count) / count, sparsity));
  }

  /**
   * Whether the network's first parameter, if it is to be suppressed, has died: then the whole operation is
   * abandoned.
   */
  async #isDead(parameters: ParameterStore, sparsity: number): Promise<boolean> {
    const first = this.maskLayers.find(({ gradIdx }) => gradIdx === 0);
    if (!first || this.#stopOf(first, sparsity) <= 0) return false;
    const largest = await parameters.maxMagnitude(first.name);
    if (!Number.isFinite(largest)) {
      throw new RangeError(
        `the largest magnitude of ${first.name} is ${largest}: training has diverged; take a smaller lr`,
      );
    }
    return largest < SPARSE_VALID_MAX_WEIGHT;
  }

  /** One layer's part of an operation. */
  async #suppress(parameters: ParameterStore, index: number, layer: MaskLayer, sparsity: number): Promise<void> {
    const { name, minNum, approximate, upperBound, isAddNoise, isLowerClip } = layer;
    const { lr, seed } = this.settings;
    const last = this.#lastCounts[index]!, stop = this.#stopOf(layer, sparsity);
    if (stop <= 0 || (approximate && stop < last + 1)) return;
    let suppressed: number | undefined;
    if (approximate) {
      suppressed = await parameters.suppressApproximate(name, { rank: stop - last, first: last === 0, lr });
    } else {
      const stream = NOISE_STREAM + this.#operations * this.maskLayers.length + index;
      suppressed = await parameters.suppressExact(name, {
        stop,
        minNum,
        lr,
        isLowerClip,
        isAddNoise,
        upperBound,
        seed,
        stream,
      });
    }
    this.#lastCounts[index] = suppressed ?? last;
  }

  /**
   * The masks now, by parameter: 1 = kept, 0 = suppressed.
   *
   * @throws {TypeError} if the control has no parameters yet.
   */
  masks(): Promise<Record<string, Uint8Array>> {
    return this.#attached().masks();
  }
}
