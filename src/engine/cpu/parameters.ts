/**
 * The parameters of a program in a CPU machine's memory.
 *
 * @module
 */
import type { Adam, DpSgd, Optimizer, ParameterSpec } from "../../nn/mod.ts";
import type { ParameterMemory, PlacedUnits } from "../backend.ts";
import { drawNoise, drawParameter } from "../draws.ts";
import type { ApproximateSuppression, ExactSuppression } from "../engine.ts";
import type { UnitSuppression } from "../suppression.ts";
import type { Machine } from "./machine.ts";
import { dropMask, forget, type Place, placeMask, placeOf, silence, type WeightPlace } from "./place.ts";
import { CpuSuppression } from "./suppression.ts";
import { CpuWatch } from "./watch.ts";

/** Parameters in a machine's memory. */
export class CpuParameters implements ParameterMemory {
  readonly watch = new CpuWatch();
  readonly #machine: Machine;
  readonly #places: readonly Place[];
  /** Those that gradients train. */
  readonly #trained: readonly Place[];
  /** Room for the noise of the largest parameter; allocated when first needed. */
  #noise = 0;
  readonly #suppression: CpuSuppression;

  /** Allocates the parameters and draws their first values: parameter i from stream i of the seed. */
  constructor(machine: Machine, specs: readonly ParameterSpec[], seed: number) {
    this.#machine = machine;
    this.#places = specs.map((spec) => placeOf(machine, spec));
    this.#trained = this.#places.filter(({ trained }) => trained);
    this.#suppression = new CpuSuppression(machine, this.#places);
    specs.forEach(({ initial }, stream) => {
      const { weight, count } = this.#places[stream]!;
      drawParameter(machine, weight, count, initial, seed, stream);
    });
  }

  /** Where a parameter lies. The object changes with the mask: read it anew in each step. */
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

  #copy(pointer: number, count: number): Float32Array {
    return Float32Array.from(this.#machine.floats.subarray(pointer / 4, pointer / 4 + count));
  }

  values(): Promise<Float32Array[]> {
    return Promise.resolve(this.#places.map(({ weight, count }) => this.#copy(weight, count)));
  }

  read(what: "gradient" | "deWeight", place: number): Promise<Float32Array> {
    const { [what]: pointer, count } = this.#places[place]!;
    return Promise.resolve(this.#copy(pointer, count));
  }

  write(what: "value" | "gradient", place: number, values: Float32Array): void {
    const { weight, gradient } = this.#places[place]!;
    this.#machine.floats.set(values, (what === "value" ? weight : gradient) / 4);
  }

  addMask(place: number): void {
    placeMask(this.#machine, this.#places[place]!);
    this.#suppression.makeRoom();
  }

  dropMask(place: number): void {
    dropMask(this.#places[place]!);
  }

  masks(): Promise<Uint8Array[]> {
    const { ints } = this.#machine;
    return Promise.resolve(
      this.#places.map(({ mask, count }) =>
        Uint8Array.from(mask ? ints.subarray(mask / 4, mask / 4 + count) : [], (kept) => kept & 1)
      ),
    );
  }

  writeMask(place: number, kept: Uint8Array): void {
    this.#machine.ints.set(Int32Array.from(kept, (one) => one ? -1 : 0), this.#places[place]!.mask / 4);
  }

  applyMasks(): void {
    for (const place of this.#places) silence(this.#machine, place);
    this.#listLiving();
  }

  forget(): void {
    for (const place of this.#places) forget(this.#machine, place);
  }

  #clear(what: "deWeight" | "sum"): void {
    for (const { [what]: pointer, count } of this.#places) {
      if (pointer) this.#machine.floats.fill(0, pointer / 4, pointer / 4 + count);
    }
  }

  clearDeWeights(): void {
    this.#clear("deWeight");
  }

  dropSums(): void {
    this.#clear("sum");
  }

  addGradients(): void {
    const { kernels } = this.#machine;
    for (const place of this.#trained) {
      place.sum ||= this.#machine.allocate(4 * place.count);
      kernels.scaledSum(place.sum, place.gradient, place.sum, place.count, 1);
    }
  }

  privatize(optimizer: DpSgd, step: number): void {
    const { kernels } = this.#machine;
    this.#noise ||= this.#machine.allocate(4 * Math.max(0, ...this.#places.map(({ count }) => count)));
    for (const [index, place] of this.#places.entries()) {
      const { gradient, count, trained } = place;
      if (!trained) continue;
      place.sum ||= this.#machine.allocate(4 * count);
      drawNoise(this.#machine, this.#noise, count, optimizer, step * this.#places.length + index);
      kernels.scaledSum(place.sum, this.#noise, gradient, count, 1 / optimizer.batchSize);
    }
    this.dropSums();
  }

  update(optimizer: Optimizer, withDeWeights: boolean, scales?: readonly [number, number]): void {
    const { kernels } = this.#machine, { lr } = optimizer;
    for (const place of this.#trained) {
      const { weight, gradient, mask, count } = place, deWeight = withDeWeights ? place.deWeight : 0;
      if (optimizer.kind === "sgd" || optimizer.kind === "dpSgd") {
        kernels.sgd(weight, gradient, mask, deWeight, count, lr);
      } else if (optimizer.kind === "adam") {
        this.#adam(place, optimizer, scales!);
        if (!mask) continue;
        // What the mask holds becomes 0, and the deWeight is taken, as by the other rules.
        if (deWeight) kernels.sgd(weight, deWeight, mask, 0, count, lr);
        else silence(this.#machine, place);
      } else {
        place.velocity ||= this.#machine.allocate(4 * count);
        kernels.momentum(weight, gradient, place.velocity, mask, deWeight, count, lr, optimizer.momentum);
      }
    }
    if (withDeWeights) this.#listLiving();
  }

  #adam(place: Place, { lr, beta1, beta2, epsilon }: Adam, scales: readonly [number, number]): void {
    const { weight, gradient, count } = place;
    // The kernel goes by fours: allocations reach beyond the count.
    const padded = Math.ceil(count / 4) * 4;
    if (!place.squares) {
      place.velocity = this.#machine.allocate(4 * padded);
      place.squares = this.#machine.allocate(4 * padded);
    }
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

  maxMagnitude(place: number): Promise<number> {
    return Promise.resolve(this.#suppression.maxMagnitude(this.#places[place]!));
  }

  suppressExact(place: number, rule: ExactSuppression): Promise<number> {
    return Promise.resolve(this.#suppression.exact(this.#places[place]!, rule));
  }

  suppressApproximate(place: number, rule: ApproximateSuppression): Promise<number | undefined> {
    return Promise.resolve(this.#suppression.approximate(this.#places[place]!, rule));
  }

  countSuppressed(place: number): Promise<number> {
    const { mask, count } = this.#places[place]!;
    return Promise.resolve(this.#machine.kernels.countSuppressed(mask, count));
  }

  suppressUnits(units: PlacedUnits, rule: UnitSuppression): Promise<number> {
    const before = this.#suppression.silentUnits(units);
    if (before >= rule.target) return Promise.resolve(before);
    const silent = this.#suppression.units(units, rule);
    this.applyMasks();
    return Promise.resolve(silent);
  }
}
