/**
 * Where a parameter and what belongs to it lie in a machine's memory, and how a mask comes and goes.
 *
 * @module
 */
import { type ParameterSpec, sizeOf } from "../../nn/mod.ts";
import type { Machine } from "./machine.ts";

/** What a mask takes; pointers, 0 until they are needed. */
interface MaskPlace {
  mask: number;
  deWeight: number;
  /** The lists of living weights. */
  living: number;
  passes: number;
}

/** Where a parameter lies; pointers are 0 until they are needed. */
export interface Place extends MaskPlace {
  readonly name: string;
  readonly count: number;
  /** Whether gradients train it. */
  readonly trained: boolean;
  readonly weight: number;
  readonly gradient: number;
  velocity: number;
  /** Adam's mean of squares. */
  squares: number;
  /** The sum of clipped gradients. */
  sum: number;
  /** The share of the weights that live; 1 while there is no list of them. */
  density: number;
  /** Shape under which they are listed, and int32 that the lists' indices take; 0 where no kernel can follow a list. */
  conv: number;
  livingIndex: number;
  passesIndex: number;
  /** The memory of a mask that was dropped, for the next one: a machine frees none. */
  spare: Readonly<MaskPlace> | undefined;
}

/** What a layer needs to know of its weight. */
export type WeightPlace = Readonly<Pick<Place, "weight" | "gradient" | "living" | "passes" | "density">>;

const NO_MASK: Readonly<MaskPlace> = { mask: 0, deWeight: 0, living: 0, passes: 0 };

/** Room for a parameter and its gradient. */
export function placeOf(machine: Machine, { name, shape, trained = true }: ParameterSpec): Place {
  const count = sizeOf(shape);
  const weight = machine.allocate(4 * count), gradient = machine.allocate(4 * count);
  return {
    name,
    count,
    trained,
    weight,
    gradient,
    ...NO_MASK,
    velocity: 0,
    squares: 0,
    sum: 0,
    density: 1,
    conv: 0,
    livingIndex: 0,
    passesIndex: 0,
    spare: undefined,
  };
}

/** Gives an unmasked parameter a mask that keeps all. */
export function placeMask(machine: Machine, place: Place): void {
  const { count, livingIndex, passesIndex } = place;
  const list = (index: number) => index ? machine.allocate(4 * (index + 2 * count)) : 0;
  const room = place.spare ?? {
    mask: machine.allocate(4 * count),
    deWeight: machine.allocate(4 * count),
    living: list(livingIndex),
    passes: list(passesIndex),
  };
  Object.assign(place, room);
  clear(machine, place.deWeight, count);
  machine.ints.fill(-1, place.mask / 4, place.mask / 4 + count);
}

/** Takes a parameter's mask away: all of its weights train again, by the kernels that follow no list. */
export function dropMask(place: Place): void {
  const { mask, deWeight, living, passes } = place;
  if (mask) place.spare = { mask, deWeight, living, passes };
  Object.assign(place, NO_MASK);
  place.density = 1;
}

/** Sets suppressed weights to 0, whatever they and their gradients were. */
export function silence({ kernels }: Machine, { weight, mask, count }: Place): void {
  if (mask) kernels.applyMask(weight, mask, count);
}

/** Forgets what steps of before have left: gradients, their sums, what masks pull at, and the optimizers' means. */
export function forget(machine: Machine, place: Place): void {
  const { gradient, deWeight, velocity, squares, sum, count } = place;
  for (const pointer of [gradient, deWeight, velocity, squares, sum]) if (pointer) clear(machine, pointer, count);
}

/** Sets so many floats to 0. */
export function clear({ floats }: Machine, pointer: number, count: number): void {
  floats.fill(0, pointer / 4, pointer / 4 + count);
}
