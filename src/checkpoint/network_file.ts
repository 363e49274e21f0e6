/**
 * A saved model: a safetensors file with the parameters under their own names, the masks as `mask.NAME`, and step and
 * settings in its metadata. Other tools read the parameters from it as they are. Where only the living weights are
 * stored, a masked parameter is `living.NAME`, its weights that live, and `mask.NAME`, a bit for each weight; the
 * metadata tell its shape.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { readFile, writeFileWhole } from "../runtime/files.ts";
import type { Checkpoint, SavedParameter } from "./checkpoint.ts";
import { CheckpointError, quote } from "./errors.ts";
import type { CheckpointReadOptions } from "./floats.ts";
import { foreignCheckpoint } from "./foreign.ts";
import { packLiving, unpackLiving } from "./living.ts";
import { isMindsporeFile, readMindspore } from "./mindspore.ts";
import { readMetadata, writeMetadata } from "./metadata.ts";
import { packOther, takeOther } from "./other.ts";
import { recordFault } from "./record.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { checkedMask, checkMask } from "./stored_mask.ts";
import type { Tensor } from "./tensor.ts";

/** How a checkpoint file is written. */
export interface CheckpointFileOptions {
  /**
   * "dense" (the default) stores all weights and a byte of mask for each: other tools read the parameters as they are.
   * "living" stores of a masked parameter the weights that live and a bit for each weight: at 95 % sparsity a
   * thirteenth of the bytes. Both read back as the same checkpoint, bit by bit, but for the sign of suppressed zeros.
   */
  readonly storage?: "dense" | "living";
}

const MASK = "mask.";
const LIVING = "living.";

/**
 * The bytes of a checkpoint file. The same checkpoint gives the same bytes (settings in the order of their keys).
 *
 * @throws {TypeError} if a value is of the wrong type or the settings are not JSON: cycles, functions, bigints,
 * instances of classes, numbers that are not finite.
 * @throws {RangeError} if a shape or mask does not fit its parameter, a mask has values other than 0 and 1, `step` is
 * no integer from 0, there is no such storage, a suppressed weight that would not be stored is not 0, or the training
 * record says what cannot be.
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeCheckpoint } from "@tacet/tacet";
 * const weight = { shape: [1, 2], data: Float32Array.of(0.5, 0) };
 * const bytes = encodeCheckpoint({
 *   parameters: { "fc1.weight": weight },
 *   masks: { "fc1.weight": Uint8Array.of(1, 0) },
 *   step: 1875,
 *   settings: { lr: 0.05 },
 * });
 * console.log(decodeCheckpoint(bytes).step); // 1875
 * ```
 */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  options: CheckpointFileOptions = {},
): Uint8Array<ArrayBuffer> {
  const { parameters, masks, step, other = {}, record } = checkpoint, { storage = "dense" } = options;
  integer("step", step, 0);
  if (storage !== "dense" && storage !== "living") {
    throw new RangeError(`storage is ${JSON.stringify(storage)}; it must be "dense" or "living"`);
  }
  const fault = record && recordFault(record);
  if (fault) throw new RangeError(`record: found ${fault.found}; expected ${fault.expected}`);
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, data }] of Object.entries(parameters)) tensors.set(name, { dtype: "F32", shape, data });
  const living = new Map<string, readonly number[]>();
  const add = (name: string, parameter: string, tensor: Tensor) => {
    if (tensors.has(name)) {
      throw new RangeError(`parameter ${quote(name)} has the name under which a part of ${quote(parameter)} is saved`);
    }
    tensors.set(name, tensor);
  };
  for (const [name, data] of Object.entries(masks)) {
    if (!Object.hasOwn(parameters, name)) {
      const names = Object.keys(parameters).join(", ");
      throw new RangeError(`masks has ${quote(name)}, which is no parameter; the parameters are ${names}`);
    }
    const { shape, data: weights } = parameters[name]!;
    checkMask(name, data, shape);
    if (storage === "dense") {
      add(MASK + name, name, { dtype: "U8", shape, data });
      continue;
    }
    const { values, bits } = packLiving(name, weights, data);
    tensors.delete(name);
    living.set(name, shape);
    add(LIVING + name, name, { dtype: "F32", shape: [values.length], data: values });
    add(MASK + name, name, { dtype: "U8", shape: [bits.length], data: bits });
  }
  const beside = packOther(other);
  for (const [name, tensor] of beside.tensors) add(name, name, tensor);
  return encodeSafetensors(tensors, writeMetadata(checkpoint, beside.text, living));
}

/**
 * A checkpoint from the bytes of its file, of which the bytes tell the kind: safetensors, or MindSpore's .ckpt. A file
 * of another tool is read with step 0, no masks and no settings. Its floats are the parameters: F16, BF16, and F64
 * where it is exact, become F32. What it holds beside them (state of optimizers, counters, tensors of integers and
 * booleans, single numbers, texts) is kept apart as `other`. Values are not judged here: a parameter may hold NaN,
 * which a model then refuses to restore. Names keep the prefix that they have: {@linkcode Model.restore} takes it off.
 *
 * @param fileName for messages
 * @param options `round` to round F64 that is no float32
 * @throws {CheckpointError} if the file is damaged or of another kind, which the message names where the bytes tell it;
 * if it was written by this library and holds a tensor that is neither an F32 parameter nor the U8 mask of one, or a
 * training record that cannot be, or by a newer version of it; if an F64 is no float32 and not to be rounded; if a
 * parameter of which the living weights are stored would be larger than 1 GiB.
 * @throws {ChecksumError} if a MindSpore checkpoint has a checksum that is not that of its bytes.
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeSafetensors } from "@tacet/tacet";
 * const foreign = encodeSafetensors([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
 * console.log(Object.keys(decodeCheckpoint(foreign).parameters)); // [ "w" ]
 * ```
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  fileName = "checkpoint",
  options: CheckpointReadOptions = {},
): Checkpoint {
  if (isMindsporeFile(bytes)) {
    const { tensors, texts } = readMindspore(bytes, fileName);
    return foreignCheckpoint(tensors, texts, fileName, options);
  }
  const { tensors, metadata } = decodeSafetensors(bytes, fileName);
  const known = readMetadata(metadata, fileName);
  if (known === undefined) return foreignCheckpoint(tensors, new Map(), fileName, options);
  const other = known.other === undefined ? {} : takeOther(known.other, tensors, fileName);
  const parameters = new Map<string, SavedParameter>(), masks = new Map<string, Uint8Array>();
  for (const [name, shape] of known.living) {
    const values = tensors.get(LIVING + name), bits = tensors.get(MASK + name);
    if (values?.dtype !== "F32" || bits?.dtype !== "U8") {
      const expected = `F32 ${quote(LIVING + name)} and U8 ${quote(MASK + name)}`;
      throw new CheckpointError(fileName, `no living weights of ${quote(name)}`, expected);
    }
    const { data, mask } = unpackLiving(name, { values: values.data, bits: bits.data }, shape, fileName);
    parameters.set(name, { shape, data });
    masks.set(name, mask);
    tensors.delete(LIVING + name);
    tensors.delete(MASK + name);
  }
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype !== "F32") continue;
    if (parameters.has(name)) throw new CheckpointError(fileName, `parameter ${quote(name)} twice`, "it once");
    parameters.set(name, { shape, data });
  }
  for (const [name, tensor] of tensors) {
    if (tensor.dtype === "F32") continue;
    if (tensor.dtype !== "U8" || !name.startsWith(MASK)) {
      const expected = `F32 parameters and U8 masks named "${MASK}..." only`;
      throw new CheckpointError(fileName, `tensor ${quote(name)} of type ${tensor.dtype}`, expected);
    }
    masks.set(name.slice(MASK.length), checkedMask(name.slice(MASK.length), tensor, parameters, fileName));
  }
  return {
    parameters: Object.fromEntries(parameters),
    masks: Object.fromEntries(masks),
    step: known.step,
    settings: known.settings,
    ...(known.record && { record: known.record }),
    ...(Object.keys(other).length > 0 && { other }),
  };
}

/**
 * Writes a checkpoint file whole or not at all, see {@linkcode encodeCheckpoint}.
 *
 * @throws {FileError} if the file cannot be written.
 * @throws {TypeError | RangeError} as {@linkcode encodeCheckpoint} does, before anything is written.
 *
 * @example
 * ```ts ignore
 * await saveCheckpoint("out/lenet5.safetensors", checkpoint);
 * await saveCheckpoint("out/small.safetensors", checkpoint, { storage: "living" });
 * ```
 */
export async function saveCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: CheckpointFileOptions = {},
): Promise<void> {
  await writeFileWhole(path, encodeCheckpoint(checkpoint, options));
}

/**
 * Reads a checkpoint file of at most 1 GiB, safetensors or MindSpore's .ckpt, see {@linkcode decodeCheckpoint}.
 *
 * @throws {FileError} if the file cannot be read.
 * @throws {CheckpointError} if it is no checkpoint or damaged.
 *
 * @example
 * ```ts ignore
 * const { parameters, step } = await loadCheckpoint("out/lenet5.safetensors");
 * await model.restore(await loadCheckpoint("suppressed.ckpt")); // of MindSpore
 * ```
 */
export async function loadCheckpoint(path: string, options: CheckpointReadOptions = {}): Promise<Checkpoint> {
  return decodeCheckpoint(await readFile(path), path, options);
}
