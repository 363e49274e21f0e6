/**
 * A mask as it is stored beside all weights: a byte for each.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";
import type { SavedParameter } from "./checkpoint.ts";
import { elementCount, type TensorOf } from "./tensor.ts";

/**
 * The mask of a parameter.
 *
 * @throws {CheckpointError} if there is no such parameter, it has another shape, or a value is neither 0 nor 1.
 */
export function checkedMask(
  name: string,
  { shape, data }: TensorOf<"U8">,
  parameters: ReadonlyMap<string, SavedParameter>,
  fileName: string,
): Uint8Array {
  const wanted = parameters.get(name)?.shape;
  if (wanted === undefined) {
    throw new CheckpointError(fileName, `a mask of ${quote(name)}`, "a parameter of that name with it");
  }
  if (String(shape) !== String(wanted)) {
    const found = `a mask of ${quote(name)} of shape [${shape.join(", ")}]`;
    throw new CheckpointError(fileName, found, `the parameter's shape, [${wanted.join(", ")}]`);
  }
  const wrong = data.findIndex((kept) => kept > 1);
  if (wrong >= 0) throw new CheckpointError(fileName, `${data[wrong]} in the mask of ${quote(name)}`, "0 or 1");
  return data;
}

/** @throws {RangeError} if a mask to be stored does not fit its parameter's shape, or a value is neither 0 nor 1. */
export function checkMask(name: string, data: Uint8Array, shape: readonly number[]): void {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`the mask of ${quote(name)} has ${data.length} elements; the parameter's shape is [${shape}]`);
  }
  const wrong = data.findIndex((kept) => kept > 1);
  if (wrong >= 0) throw new RangeError(`the mask of ${quote(name)} is ${data[wrong]} at ${wrong}; it must be 0 or 1`);
}
