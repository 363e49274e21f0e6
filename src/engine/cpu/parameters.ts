/**
 * The parameters of a program in a CPU machine's memory.
 *
 * @module
 */
import type { Adam, ParameterSpec } from "../../nn/mod.ts";
import type { ParameterMemory } from "../backend.ts";
import { drawNoise, drawParameter } from "../draws.ts";
import type { Machine } from "./machine.ts";
import { clear, dropMask, forget, type Place, placeMask, placeOf, silence, type WeightPlace } from "./place.ts";
import { cpuSuppression } from "./suppression.ts";
import { CpuWatch } from "./watch.ts";

/** Parameters in a machine's memory. */
export interface CpuParameters extends ParameterMemory {
  readonly watch: CpuWatch;
  /** Where a parameter lies. The object changes with the mask: read it anew in each step. */
  place(index: number): WeightPlace;
  /**
   * Has the living weights of a parameter listed once it is masked, under the shape of its layer.
   *
   * @param livingIndex int32 of `listLiving`'s list beside those of the weights
   * @param passesIndex the same of `listLivingPasses`; 0 if it is not needed
   */
  listLiving(parameter: number, conv: number, livingIndex: number, passesIndex?: number): void;
}

/** Allocates the parameters and draws their first values: parameter i from stream i of the seed. */
export function cpuParameters(machine: Machine, specs: readonly ParameterSpec[], seed: number): CpuParameters {
  const { kernels } = machine, places = specs.map((spec) => placeOf(machine, spec));
  /** Those that gradients train. */
  const trained = places.filter((place) => place.trained);
  specs.forEach(({ initial }, stream) => {
    const { weight, count } = places[stream]!;
    drawParameter(machine, weight, count, initial, seed, stream);
  });
  /** Room for the noise of the largest parameter; allocated when first needed. */
  let noise = 0;

  /** Lists the weights that the masks keep; masked weights must be 0 by now. */
  const listLiving = () => {
    for (const place of places) {
      if (!place.living) continue;
      place.density = kernels.listLiving(place.mask, place.living, place.conv) / place.count;
      if (place.passes) kernels.listLivingPasses(place.mask, place.passes, place.conv);
      // The kernels that follow the list leave the gradients of suppressed weights alone.
      clear(machine, place.gradient, place.count);
    }
  };
  const applyMasks = () => {
    for (const place of places) silence(machine, place);
    listLiving();
  };
  const { makeRoom, ...suppression } = cpuSuppression(machine, places, applyMasks);
  const copy = (pointer: number, count: number) =>
    Float32Array.from(machine.floats.subarray(pointer / 4, pointer / 4 + count));
  const clearAll = (what: "deWeight" | "sum") => {
    for (const { [what]: pointer, count } of places) if (pointer) clear(machine, pointer, count);
  };
  const dropSums = () => clearAll("sum");
  const sumOf = (place: Place) => place.sum ||= machine.allocate(4 * place.count);
  const adam = (place: Place, { lr, beta1, beta2, epsilon }: Adam, scales: readonly [number, number]) => {
    const { weight, gradient, count } = place;
    // The kernel goes by fours: allocations reach beyond the count.
    const padded = Math.ceil(count / 4) * 4;
    if (!place.squares) {
      place.velocity = machine.allocate(4 * padded);
      place.squares = machine.allocate(4 * padded);
    }
    const { velocity, squares } = place;
    const limits = [-Infinity, Infinity] as const;
    kernels.adamStep(weight, gradient, velocity, squares, padded, lr, beta1, beta2, epsilon, ...scales, ...limits);
  };

  return {
    ...suppression,
    watch: new CpuWatch(),
    place: (index) => places[index]!,
    listLiving(parameter, conv, livingIndex, passesIndex = 0) {
      Object.assign(places[parameter]!, { conv, livingIndex, passesIndex });
    },
    values: () => Promise.resolve(places.map(({ weight, count }) => copy(weight, count))),
    read(what, place) {
      const { [what]: pointer, count } = places[place]!;
      return Promise.resolve(copy(pointer, count));
    },
    write(what, place, values) {
      const { weight, gradient } = places[place]!;
      machine.floats.set(values, (what === "value" ? weight : gradient) / 4);
    },
    addMask(place) {
      placeMask(machine, places[place]!);
      makeRoom();
    },
    dropMask: (place) => dropMask(places[place]!),
    masks() {
      const { ints } = machine;
      return Promise.resolve(
        places.map(({ mask, count }) =>
          Uint8Array.from(mask ? ints.subarray(mask / 4, mask / 4 + count) : [], (kept) => kept & 1)
        ),
      );
    },
    writeMask: (place, kept) => machine.ints.set(Int32Array.from(kept, (one) => one ? -1 : 0), places[place]!.mask / 4),
    applyMasks,
    forget() {
      for (const place of places) forget(machine, place);
    },
    clearDeWeights: () => clearAll("deWeight"),
    dropSums,
    addGradients() {
      for (const place of trained) {
        const sum = sumOf(place);
        kernels.scaledSum(sum, place.gradient, sum, place.count, 1);
      }
    },
    privatize(optimizer, step) {
      noise ||= machine.allocate(4 * Math.max(0, ...places.map(({ count }) => count)));
      for (const place of trained) {
        const index = step * places.length + places.indexOf(place), sum = sumOf(place);
        drawNoise(machine, noise, place.count, optimizer, index);
        kernels.scaledSum(sum, noise, place.gradient, place.count, 1 / optimizer.batchSize);
      }
      dropSums();
    },
    update(optimizer, withDeWeights, scales) {
      const { lr } = optimizer;
      for (const place of trained) {
        const { weight, gradient, mask, count } = place, deWeight = withDeWeights ? place.deWeight : 0;
        if (optimizer.kind === "adam") {
          adam(place, optimizer, scales!);
          if (!mask) continue;
          // What the mask holds becomes 0, and the deWeight is taken, as by the other rules.
          if (deWeight) kernels.sgd(weight, deWeight, mask, 0, count, lr);
          else silence(machine, place);
        } else if (optimizer.kind === "momentum") {
          place.velocity ||= machine.allocate(4 * count);
          kernels.momentum(weight, gradient, place.velocity, mask, deWeight, count, lr, optimizer.momentum);
        } else kernels.sgd(weight, gradient, mask, deWeight, count, lr);
      }
      if (withDeWeights) listLiving();
    },
  };
}
