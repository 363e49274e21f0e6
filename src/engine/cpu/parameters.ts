/**
 * The parameters of a program on a CPU machine.
 *
 * @module
 */
import { finite } from "../../checks/numbers.ts";
import { fitSaved } from "../../nn/fit.ts";
import { judgeMasks, judgeValues } from "../../nn/judge.ts";
import type {
  Adam,
  DpSgd,
  Fit,
  FitOptions,
  Optimizer,
  ParameterSpec,
  ParameterValues,
  SavedParameters,
} from "../../nn/mod.ts";
import { checkFinite, checkOptimizer } from "../finite.ts";
import type { ExactSuppression } from "../engine.ts";
import { drawNoise, drawParameter } from "../draws.ts";
import type { Machine } from "./machine.ts";
import { dropMask, forget, type Place, placeMask, placeOf, silence, type WeightPlace } from "./place.ts";
import type { DeviceParameters } from "../backend.ts";
import { CpuWatch } from "./watch.ts";

/** A power of two of at least twice the count: the size of a sparse hash table. */
function tableSizeFor(count: number): number {
  let size = 16;
  while (size < 2 * count) size *= 2;
  return size;
}

/** Parameters in a machine's memory. */
export class CpuParameters implements DeviceParameters {
  readonly specs: readonly ParameterSpec[];
  readonly #machine: Machine;
  readonly #places: readonly Place[];
  /** Room for the noise of the largest parameter; allocated when first needed. */
  #noise = 0;
  #noisySteps = 0;
  /** Whether gradients were added to the sums since the last update by "dpSgd". */
  isGathering = false;
  /** Over the steps that end with an update. */
  readonly watch = new CpuWatch();
  /** Room for the selection: a histogram, candidates and a hash table; allocated by the first mask. */
  #scratch = 0;
  #deWeightIsSet = false;
  /** Adam's betas to the power of its steps so far. */
  #power1 = 1;
  #power2 = 1;

  /** Allocates the parameters and draws their first values: parameter i from stream i of the seed. */
  constructor(machine: Machine, specs: readonly ParameterSpec[], seed: number) {
    this.specs = specs;
    this.#machine = machine;
    this.#places = specs.map((spec) => placeOf(machine, spec));
    specs.forEach(({ initial }, stream) => {
      const { weight, count } = this.#places[stream]!;
      drawParameter(machine, weight, count, initial, seed, stream);
    });
  }

  #place(name: string): Place {
    const place = this.#places.find((candidate) => candidate.name === name);
    if (!place) {
      throw new RangeError(
        `no parameter is named ${JSON.stringify(name)}; there are ${this.#places.map((p) => p.name).join(", ")}`,
      );
    }
    return place;
  }

  #maskedPlace(name: string): Place {
    const place = this.#place(name);
    if (!place.mask) throw new RangeError(`parameter ${name} has no mask; call addMask first`);
    return place;
  }

  #read(pointer: number, count: number): Float32Array {
    return Float32Array.from(this.#machine.floats.subarray(pointer / 4, pointer / 4 + count));
  }

  #write(what: string, pointer: number, count: number, values: ArrayLike<number>): void {
    if (values.length !== count) throw new RangeError(`${what} takes ${count} values, got ${values.length}`);
    this.#machine.floats.set(values, pointer / 4);
  }

  /** Where a parameter lies, by its index. The object changes with the mask: read it anew in each step. */
  place(index: number): WeightPlace {
    return this.#places[index]!;
  }

  /**
   * Has the living weights of a parameter listed once it is masked, under the shape of its layer.
   *
   * @param livingIndex int32 of `listLiving`'s list beside those of the weights
   * @param passesIndex the same of `listLivingPasses`; 0 if it is not needed
   */
  listLiving(parameter: number, conv: number, livingIndex: number, passesIndex = 0): void {
    Object.assign(this.#places[parameter]!, { conv, livingIndex, passesIndex });
  }

  /** Lists the weights that the masks keep; masked weights must be 0 by now. */
  #listLiving(): void {
    const { kernels, floats } = this.#machine;
    for (const place of this.#places) {
      if (!place.living) continue;
      place.density = kernels.listLiving(place.mask, place.living, place.conv) / place.count;
      if (place.passes) kernels.listLivingPasses(place.mask, place.passes, place.conv);
      // The kernels that follow the list leave the gradients of suppressed weights alone.
      floats.fill(0, place.gradient / 4, place.gradient / 4 + place.count);
    }
  }

  values(): Promise<Record<string, Float32Array>> {
    return Promise.resolve(Object.fromEntries(this.#places.map((p) => [p.name, this.#read(p.weight, p.count)])));
  }

  setValues(values: ParameterValues): void {
    judgeValues(this.specs, values);
    checkFinite(values);
    for (const [name, data] of Object.entries(values)) {
      const { weight, count } = this.#place(name);
      this.#write(`parameter ${name}`, weight, count, data);
    }
  }

  gradient(name: string): Promise<Float32Array> {
    const { gradient, count } = this.#place(name);
    return Promise.resolve(this.#read(gradient, count));
  }

  setGradient(name: string, values: Float32Array): void {
    finite(`the gradient of ${name}`, values);
    const { gradient, count } = this.#place(name);
    this.#write(`the gradient of ${name}`, gradient, count, values);
  }

  addMask(name: string): void {
    const place = this.#place(name);
    if (place.mask) return;
    placeMask(this.#machine, place);
    if (!this.#scratch) {
      const largest = Math.max(...this.#places.map((p) => p.count));
      this.#scratch = this.#machine.allocate(4 * (2048 + largest + tableSizeFor(largest)));
    }
  }

  masks(): Promise<Record<string, Uint8Array>> {
    const masked = this.#places.filter((p) => p.mask);
    const { ints } = this.#machine;
    return Promise.resolve(Object.fromEntries(masked.map(({ name, mask, count }) => {
      return [name, Uint8Array.from(ints.subarray(mask / 4, mask / 4 + count), (kept) => kept & 1)];
    })));
  }

  setMasks(masks: Readonly<Record<string, Uint8Array>>): void {
    judgeMasks(this.specs, masks);
    for (const [name, data] of Object.entries(masks)) {
      this.addMask(name);
      const { mask } = this.#place(name);
      this.#machine.ints.set(Int32Array.from(data, (kept) => kept ? -1 : 0), mask / 4);
    }
    this.applyMasks();
  }

  restore(saved: SavedParameters, options?: FitOptions): Fit {
    const { values, masks, fit } = fitSaved(this.specs, saved, options);
    this.setValues(values);
    for (const place of this.#places) {
      forget(this.#machine, place);
      if (Object.hasOwn(values, place.name) && !Object.hasOwn(masks, place.name)) dropMask(place);
    }
    this.#deWeightIsSet = false;
    this.#power1 = this.#power2 = 1;
    this.setMasks(masks);
    return fit;
  }

  deWeight(name: string): Promise<Float32Array> {
    const { deWeight, count } = this.#maskedPlace(name);
    return Promise.resolve(this.#read(deWeight, count));
  }

  clearDeWeights(): void {
    if (!this.#deWeightIsSet) return;
    for (const { deWeight, count } of this.#places) {
      if (deWeight) this.#machine.floats.fill(0, deWeight / 4, deWeight / 4 + count);
    }
    this.#deWeightIsSet = false;
  }

  beginWatch(): void {
    this.watch.begin();
  }

  addGradients(): void {
    const { kernels } = this.#machine;
    this.isGathering = true;
    for (const place of this.#places) {
      place.sum ||= this.#machine.allocate(4 * place.count);
      kernels.scaledSum(place.sum, place.gradient, place.sum, place.count, 1);
    }
  }

  /** Sets the sums of clipped gradients to 0. */
  #dropSums(): void {
    for (const { sum, count } of this.#places) {
      if (sum) this.#machine.floats.fill(0, sum / 4, sum / 4 + count);
    }
    this.isGathering = false;
  }

  /** Makes the gradients the noised means of the clipped ones; the sums begin anew. */
  #privatize(optimizer: DpSgd, step: number): void {
    const { kernels } = this.#machine;
    this.#noise ||= this.#machine.allocate(4 * Math.max(0, ...this.#places.map(({ count }) => count)));
    for (const [index, place] of this.#places.entries()) {
      const { gradient, count } = place;
      place.sum ||= this.#machine.allocate(4 * count);
      drawNoise(this.#machine, this.#noise, count, optimizer, step * this.#places.length + index);
      kernels.scaledSum(place.sum, this.#noise, gradient, count, 1 / optimizer.batchSize);
    }
    this.#dropSums();
  }

  update(optimizer: Optimizer, step: number = this.#noisySteps): void {
    checkOptimizer(optimizer);
    const { kernels } = this.#machine;
    if (this.watch.diverged) {
      this.#dropSums();
      return;
    }
    this.watch.steps++;
    if (optimizer.kind === "dpSgd") {
      this.#privatize(optimizer, step);
      this.#noisySteps = step + 1;
    }
    if (optimizer.kind === "adam") {
      this.#power1 *= optimizer.beta1;
      this.#power2 *= optimizer.beta2;
    }
    for (const place of this.#places) {
      const deWeight = this.#deWeightIsSet ? place.deWeight : 0;
      if (optimizer.kind === "sgd" || optimizer.kind === "dpSgd") {
        kernels.sgd(place.weight, place.gradient, place.mask, deWeight, place.count, optimizer.lr);
      } else if (optimizer.kind === "adam") {
        this.#adam(place, optimizer);
        if (!place.mask) continue;
        // What the mask holds becomes 0, and the deWeight is taken, as by the other rules.
        kernels.sgd(place.weight, deWeight || place.gradient, place.mask, 0, place.count, deWeight ? optimizer.lr : 0);
      } else {
        place.velocity ||= this.#machine.allocate(4 * place.count);
        kernels.momentum(
          place.weight,
          place.gradient,
          place.velocity,
          place.mask,
          deWeight,
          place.count,
          optimizer.lr,
          optimizer.momentum,
        );
      }
    }
    if (this.#deWeightIsSet) this.#listLiving();
  }

  #adam(place: Place, { lr, beta1, beta2, epsilon }: Adam): void {
    const { weight, gradient, count } = place;
    // The kernel goes by fours: allocations reach beyond the count.
    const padded = Math.ceil(count / 4) * 4;
    if (!place.squares) {
      place.velocity = this.#machine.allocate(4 * padded);
      place.squares = this.#machine.allocate(4 * padded);
    }
    const scales = [1 / (1 - this.#power1), 1 / (1 - this.#power2)] as const;
    this.#machine.kernels.adamStep(
      weight,
      gradient,
      place.velocity,
      place.squares,
      padded,
      lr,
      beta1,
      beta2,
      epsilon,
      ...scales,
      -Infinity,
      Infinity,
    );
  }

  applyMasks(): void {
    for (const place of this.#places) silence(this.#machine, place);
    this.#listLiving();
  }

  maxMagnitude(name: string): Promise<number> {
    const { weight, count } = this.#place(name);
    return Promise.resolve(this.#machine.kernels.maxMagnitude(weight, count));
  }

  suppressExact(name: string, rule: ExactSuppression): Promise<number> {
    const { kernels } = this.#machine;
    const { weight, mask, deWeight, count } = this.#maskedPlace(name);
    const threshold = kernels.kthSmallestMagnitude(weight, count, rule.stop, this.#scratch);
    this.#deWeightIsSet = true;
    const suppressed = kernels.suppressExact(
      weight,
      mask,
      deWeight,
      count,
      rule.stop,
      rule.minNum,
      threshold,
      rule.lr,
      Number(rule.isLowerClip),
      Number(rule.isAddNoise),
      rule.upperBound,
      rule.seed,
      rule.stream,
    );
    return Promise.resolve(suppressed);
  }

  suppressApproximate(
    name: string,
    rule: { readonly rank: number; readonly first: boolean; readonly lr: number },
  ): Promise<number | undefined> {
    const { kernels } = this.#machine;
    const { weight, mask, deWeight, count } = this.#maskedPlace(name);
    const distinct = this.#scratch + 4 * 2048, table = distinct + 4 * count;
    const candidates = rule.first
      ? count
      : kernels.distinctMagnitudes(weight, mask, count, distinct, table, tableSizeFor(count));
    const rank = Math.min(rule.rank, candidates - 1);
    if (rank <= 0) return Promise.resolve(undefined);
    const threshold = kernels.kthSmallestMagnitude(rule.first ? weight : distinct, candidates, rank, this.#scratch);
    if (threshold <= 0 && !rule.first) return Promise.resolve(undefined);
    this.#deWeightIsSet = true;
    return Promise.resolve(kernels.suppressApproximate(weight, mask, deWeight, count, threshold, rule.lr));
  }
}
