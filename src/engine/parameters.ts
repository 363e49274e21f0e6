/**
 * The parameters of a program: names, checks, masks and the order of an update, over whatever memory holds the numbers.
 *
 * @module
 */
import { finite, integer } from "../checks/numbers.ts";
import { fitSaved } from "../nn/fit.ts";
import { judgeMasks, judgeValues, refuse, untrainedFaults } from "../nn/judge.ts";
import type { Fit, FitOptions, Optimizer, ParameterSpec, ParameterValues, SavedParameters, Units } from "../nn/mod.ts";
import { parametersOf } from "../nn/units.ts";
import { AdamScales } from "./adam_scales.ts";
import type { Call, DeviceParameters, ParameterMemory, Watch } from "./backend.ts";
import type { ApproximateSuppression, ExactSuppression } from "./engine.ts";
import { checkFinite, checkOptimizer } from "./finite.ts";
import { UNIT_IMPORTANCES, type UnitSuppression } from "./suppression.ts";
import { placeUnits } from "./units.ts";

/** Parameters in a device's memory; a parameter is known there by its place among the specifications. */
export class Parameters implements DeviceParameters {
  readonly specs: readonly ParameterSpec[];
  readonly #memory: ParameterMemory;
  readonly #masked = new Set<number>();
  /** What the next update does beside changing what gradients train. */
  #atUpdate: readonly Call[] = [];
  #isGathering = false;
  #deWeightIsSet = false;
  #noisySteps = 0;
  readonly #adamScales = new AdamScales();

  constructor(memory: ParameterMemory, specs: readonly ParameterSpec[]) {
    this.specs = specs;
    this.#memory = memory;
  }

  get watch(): Watch {
    return this.#memory.watch;
  }

  get isGathering(): boolean {
    return this.#isGathering;
  }

  #place(name: string): number {
    const place = this.specs.findIndex((spec) => spec.name === name);
    if (place >= 0) return place;
    throw new RangeError(
      `no parameter is named ${JSON.stringify(name)}; there are ${this.specs.map((spec) => spec.name).join(", ")}`,
    );
  }

  #maskedPlace(name: string): number {
    const place = this.#place(name);
    if (!this.#masked.has(place)) throw new RangeError(`parameter ${name} has no mask; call addMask first`);
    return place;
  }

  #byName<Value>(values: readonly Value[], places: Iterable<number> = this.specs.keys()): Record<string, Value> {
    return Object.fromEntries(Array.from(places, (place) => [this.specs[place]!.name, values[place]!]));
  }

  async values(): Promise<Record<string, Float32Array>> {
    return this.#byName(await this.#memory.values());
  }

  setValues(values: ParameterValues): void {
    judgeValues(this.specs, values);
    checkFinite(values);
    for (const [name, data] of Object.entries(values)) this.#memory.write("value", this.#place(name), data);
  }

  gradient(name: string): Promise<Float32Array> {
    return this.#memory.read("gradient", this.#place(name));
  }

  setGradient(name: string, values: Float32Array): void {
    const place = this.#place(name);
    if (this.specs[place]!.trained === false) {
      throw new RangeError(`${name} is state that is not trained: it has no gradient to set; setValues sets it`);
    }
    judgeValues(this.specs, { [name]: values });
    finite(`the gradient of ${name}`, values);
    this.#memory.write("gradient", place, values);
  }

  addMask(name: string): void {
    const place = this.#place(name);
    if (this.#masked.has(place)) return;
    refuse(untrainedFaults(this.specs, [name]));
    this.#memory.addMask(place);
    this.#masked.add(place);
  }

  async masks(): Promise<Record<string, Uint8Array>> {
    const places = [...this.#masked].sort((a, b) => a - b);
    return this.#byName(await this.#memory.masks(), places);
  }

  setMasks(masks: Readonly<Record<string, Uint8Array>>): void {
    judgeMasks(this.specs, masks);
    for (const [name, kept] of Object.entries(masks)) {
      this.addMask(name);
      this.#memory.writeMask(this.#place(name), kept);
    }
    this.applyMasks();
  }

  restore(saved: SavedParameters, options?: FitOptions): Fit {
    const { values, masks, fit } = fitSaved(this.specs, saved, options);
    this.setValues(values);
    // Nothing that steps of before have left belongs to these values.
    this.#memory.forget();
    this.#atUpdate = [];
    this.#deWeightIsSet = false;
    this.#adamScales.takeBack();
    for (const place of [...this.#masked]) {
      const { name } = this.specs[place]!;
      if (!Object.hasOwn(values, name) || Object.hasOwn(masks, name)) continue;
      this.#memory.dropMask(place);
      this.#masked.delete(place);
    }
    this.setMasks(masks);
    return fit;
  }

  applyMasks(): void {
    this.#memory.applyMasks();
  }

  deWeight(name: string): Promise<Float32Array> {
    return this.#memory.read("deWeight", this.#maskedPlace(name));
  }

  clearDeWeights(): void {
    if (this.#deWeightIsSet) this.#memory.clearDeWeights();
    this.#deWeightIsSet = false;
  }

  addGradients(): void {
    this.#isGathering = true;
    this.#memory.addGradients();
  }

  atUpdate(calls: readonly Call[]): void {
    this.#atUpdate = calls;
  }

  update(optimizer: Optimizer, step: number = this.#noisySteps): void {
    checkOptimizer(optimizer);
    const memory = this.#memory, { watch } = memory, calls = this.#atUpdate;
    this.#atUpdate = [];
    if (optimizer.kind === "dpSgd" || watch.isStopped) this.#isGathering = false;
    if (watch.isStopped) {
      memory.dropSums();
      return;
    }
    watch.steps++;
    for (const call of calls) call();
    if (optimizer.kind === "dpSgd") {
      memory.privatize(optimizer, step);
      this.#noisySteps = step + 1;
    }
    const scales = optimizer.kind === "adam" ? this.#adamScales.next(optimizer.beta1, optimizer.beta2) : undefined;
    memory.update(optimizer, this.#deWeightIsSet, scales);
  }

  beginWatch(): void {
    const { watch } = this.#memory, { diverged } = watch;
    // Steps that changed nothing are none of Adam's.
    const idle = diverged ? watch.steps - diverged.step + 1 : 0;
    if (idle > 0) this.#adamScales.takeBack(idle);
    watch.begin();
  }

  maxMagnitude(name: string): Promise<number> {
    return this.#memory.maxMagnitude(this.#place(name));
  }

  suppressExact(name: string, rule: ExactSuppression): Promise<number> {
    const place = this.#maskedPlace(name);
    this.#deWeightIsSet = true;
    return this.#memory.suppressExact(place, rule);
  }

  suppressApproximate(name: string, rule: ApproximateSuppression): Promise<number | undefined> {
    const place = this.#maskedPlace(name);
    if (rule.rank <= 0) return Promise.resolve(undefined);
    this.#deWeightIsSet = true;
    return this.#memory.suppressApproximate(place, rule);
  }

  countSuppressed(name: string): Promise<number> {
    const place = this.#place(name);
    return this.#masked.has(place) ? this.#memory.countSuppressed(place) : Promise.resolve(0);
  }

  suppressUnits(units: Units, rule: UnitSuppression): Promise<number> {
    const { target, importance } = rule, placed = placeUnits(units, this.specs, (name) => this.#place(name));
    integer("the number of units to be silent", target, 0, units.units, `, the units of ${units.name}`);
    if (!UNIT_IMPORTANCES.includes(importance)) {
      throw new RangeError(
        `the importance of units is ${importance}; it must be one of ${UNIT_IMPORTANCES.join(", ")}`,
      );
    }
    const names = parametersOf(units);
    refuse(untrainedFaults(this.specs, names));
    for (const name of names) this.addMask(name);
    return this.#memory.suppressUnits(placed, rule);
  }
}
