/**
 * What every engine demands of the numbers that it is to compute with: an engine must not compute with NaN or
 * infinities, which each kernel, shader and driver would treat in its own way.
 *
 * @module
 */
import { finite, finiteRows } from "../checks/numbers.ts";
import type { Optimizer } from "../nn/mod.ts";
import type { InversionStep } from "./engine.ts";

/**
 * Refuses values by parameters' names of which one is not finite, before any is set.
 *
 * @param what they are of the parameter
 * @throws {RangeError} that names the parameter and the value's place.
 */
export function checkFinite(values: Readonly<Record<string, ArrayLike<number>>>, what = "parameter"): void {
  for (const [name, data] of Object.entries(values)) finite(`${what} ${name}`, data);
}

/**
 * Refuses an optimizer that was not made by its function and holds a number that is not finite.
 *
 * @throws {RangeError} that names it.
 */
export function checkOptimizer(optimizer: Optimizer): void {
  for (const [name, value] of Object.entries(optimizer)) {
    if (typeof value !== "number" || Number.isFinite(value)) continue;
    throw new RangeError(`${optimizer.kind}: ${name} is ${value}; it must be finite`);
  }
}

/**
 * Refuses features to reach that are not finite, or so large that the sum of their squares, by which the loss is
 * divided, is not finite in float32.
 *
 * @param size features of an image
 * @param what they are called
 * @throws {RangeError} that names the image.
 */
export function checkTargets(values: Float32Array, size: number, what = "targets"): void {
  finiteRows(what, values, size, "image", "feature");
  for (let first = 0; first < values.length; first += size) {
    let square = 0;
    for (let i = first; i < first + size; i++) square += values[i]! * values[i]!;
    if (Number.isFinite(Math.fround(square))) continue;
    throw new RangeError(
      `${what}: the features of image ${
        first / size
      } are too large: the sum of their squares is ${square}, more than float32 holds`,
    );
  }
}

/**
 * Refuses a step whose factors or rate are not finite, or whose bound is empty.
 *
 * @throws {RangeError} that names what is wrong.
 */
export function checkStep({ feature, vertical, horizontal, square, bound: [low, high], rate }: InversionStep): void {
  for (const [name, value] of Object.entries({ feature, vertical, horizontal, square, rate })) {
    if (!Number.isFinite(Math.fround(value))) {
      throw new RangeError(`step: ${name} is ${value}; it must be finite in float32`);
    }
  }
  if (!(low < high)) throw new RangeError(`step: bound is [${low},${high}]; it must be two numbers, the lower first`);
}
