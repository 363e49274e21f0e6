/**
 * What another tool has written: its parameters, and apart from them what it keeps beside.
 *
 * @module
 */
import { isBeside } from "../nn/beside.ts";
import { CheckpointError, quote } from "./errors.ts";
import { asFloat32, type CheckpointReadOptions, isFloat } from "./floats.ts";
import type { Checkpoint, SavedParameter } from "./checkpoint.ts";
import type { Tensor, TensorOf } from "./tensor.ts";

/** Tensors of a file, in two. */
interface Parted {
  readonly parameters: Record<string, SavedParameter>;
  readonly other: Record<string, Tensor>;
}

/**
 * Parameters are the floats whose names are not those of optimizers' state, rates or counters.
 *
 * @throws {CheckpointError} if one of them is an F64 that is no float32 and is not to be rounded.
 */
export function parted(tensors: ReadonlyMap<string, Tensor>, fileName: string, options: CheckpointReadOptions): Parted {
  const parameters: [string, SavedParameter][] = [], other: [string, Tensor][] = [];
  for (const [name, tensor] of tensors) {
    if (!isFloat(tensor.dtype) || isBeside(name, (one) => tensors.has(one))) other.push([name, tensor]);
    else parameters.push([name, { shape: tensor.shape, data: asFloat32(name, tensor, fileName, options) }]);
  }
  return { parameters: Object.fromEntries(parameters), other: Object.fromEntries(other) };
}

/**
 * A mask of this library's, in a file that has lost what says so: to keep it apart would let the suppressed weights
 * loose.
 */
function refuseLostMask(name: string, tensor: Tensor, parameters: Parted["parameters"], fileName: string): void {
  const of = name.slice("mask.".length), isMask = tensor.dtype === "U8" && name.startsWith("mask.");
  if (!isMask || !Object.hasOwn(parameters, of)) return;
  if (String(parameters[of]!.shape) !== String(tensor.shape)) return;
  if (!(tensor as TensorOf<"U8">).data.every((kept) => kept <= 1)) return;
  const expected = "F32 parameters only: it seems to be a mask, but the metadata that would say so are lost";
  throw new CheckpointError(fileName, `tensor ${quote(name)} of type U8`, expected);
}

/**
 * The checkpoint of another tool's tensors and texts: step 0, no masks, no settings. Single numbers, which no layer has
 * as a parameter, are kept apart too.
 *
 * @throws {CheckpointError} if a parameter is an F64 that is no float32 and is not to be rounded.
 */
export function foreignCheckpoint(
  tensors: ReadonlyMap<string, Tensor>,
  texts: ReadonlyMap<string, string>,
  fileName: string,
  options: CheckpointReadOptions,
): Checkpoint {
  const numbers = new Map([...tensors].filter(([, { shape }]) => shape.length === 0));
  const arrays = new Map([...tensors].filter(([name]) => !numbers.has(name)));
  const { parameters, other } = parted(arrays, fileName, options);
  for (const [name, tensor] of Object.entries(other)) refuseLostMask(name, tensor, parameters, fileName);
  const apart = [...Object.entries(other), ...numbers, ...texts];
  return {
    parameters,
    masks: {},
    step: 0,
    settings: {},
    ...(apart.length > 0 && { other: Object.fromEntries(apart) }),
  };
}
