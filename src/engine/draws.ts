/**
 * The first values of parameters and the noise of differential privacy, drawn by a CPU machine: the same bits for every
 * engine.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { type DpSgd, type InitialDistribution, type ParameterSpec, sizeOf } from "../nn/mod.ts";
import type { Machine } from "./cpu/machine.ts";

/** Draws a parameter's first values at a pointer: parameter i from stream i of the seed. */
export function drawParameter(
  { kernels, floats }: Machine,
  pointer: number,
  count: number,
  { distribution, scale }: InitialDistribution,
  seed: number,
  stream: number,
): void {
  if (distribution === "uniform") kernels.fillUniform(pointer, count, seed, stream, -scale, scale);
  else if (distribution === "ones") floats.fill(1, pointer / 4, pointer / 4 + count);
  else if (distribution !== "zeros") {
    kernels.fillNormal(pointer, count, seed, stream, scale, distribution === "normal" ? 0 : 2);
  }
}

/** The first values of each parameter. */
export function initialValues(machine: Machine, specs: readonly ParameterSpec[], seed: number): Float32Array[] {
  return specs.map(({ shape, initial }, stream) => {
    const count = sizeOf(shape), pointer = machine.allocate(4 * count);
    drawParameter(machine, pointer, count, initial, seed, stream);
    return Float32Array.from(machine.floats.subarray(pointer / 4, pointer / 4 + count));
  });
}

/**
 * The first of the streams of the seed from which the noise of differential privacy is drawn: one for each parameter
 * and step.
 */
const PRIVACY_STREAM = 0x2000_0000;

/** From here on the streams are those of shuffles. */
const PRIVACY_END = 2 ** 31;

/**
 * Draws the noise of a step on the sum of a parameter's clipped gradients at a pointer; `index` counts the parameters
 * of all steps.
 *
 * @throws {RangeError} if the seed has no more noise that was not drawn before.
 */
export function drawNoise(
  { kernels }: Machine,
  pointer: number,
  count: number,
  { clip, noiseMultiplier, seed }: DpSgd,
  index: number,
): void {
  integer("the number of the noise", index, 0, PRIVACY_END - PRIVACY_STREAM - 1, "; take another seed for more steps");
  kernels.fillNormal(pointer, count, seed, PRIVACY_STREAM + index, clip * noiseMultiplier, 0);
}
