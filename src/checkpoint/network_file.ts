/**
 * A saved model: a safetensors file with the parameters under their own names, the masks as `mask.NAME`, and step and settings in its metadata. Other
 * tools read the parameters from it as they are. Where only the living weights are stored, a masked parameter is `living.NAME`, its weights that live, and
 * `mask.NAME`, a bit for each weight; the metadata tell its shape.
 *
 * @module
 */
import { readFile, writeFileWhole } from "../runtime/files.ts";
import { CheckpointError, quote } from "./errors.ts";
import { packLiving, unpackLiving } from "./living.ts";
import { recordFault, type TrainingRecord } from "./record.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { settingsAsJson } from "./settings.ts";
import type { Tensor, TensorOf } from "./tensor.ts";
import { elementCount } from "./tensor.ts";

/** A parameter's values: `data` has as many elements as the product of `shape`, the last index running fastest. */
export interface SavedParameter {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** The values. */
  readonly data: Float32Array;
}

/** All that must be kept of a training run to use or continue it. */
export interface Checkpoint {
  /** The parameters by name, such as "conv1.weight". */
  readonly parameters: Readonly<Record<string, SavedParameter>>;
  /** For each masked parameter, by its name: 1 for every weight that is kept, 0 for every suppressed one. */
  readonly masks: Readonly<Record<string, Uint8Array>>;
  /** Training steps made so far. */
  readonly step: number;
  /** Whatever else the run should remember, as JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What training the parameters have seen; absent if nobody knows. */
  readonly record?: TrainingRecord;
}

/** How a checkpoint file is written. */
export interface CheckpointFileOptions {
  /**
   * "dense" (the default) stores all weights and a byte of mask for each: other tools read the parameters as they are. "living" stores of a masked parameter the weights that live and a
   * bit for each weight: at 95 % sparsity a thirteenth of the bytes. Both read back as the same checkpoint, bit by bit, but for the sign of suppressed zeros.
   */
  readonly storage?: "dense" | "living";
}

const MASK = "mask.";
const LIVING = "living.";
/** Files of living weights are of the second version: a reader of the first one must refuse them. */
const DENSE_VERSION = "1", LIVING_VERSION = "2";
const VERSION_KEY = "tacet.version";
const STEP_KEY = "tacet.step";
const SETTINGS_KEY = "tacet.settings";
const RECORD_KEY = "tacet.training";
/** Of the shapes of the parameters stored as living weights, by name. */
const LIVING_KEY = "tacet.living";

/**
 * The bytes of a checkpoint file. The same checkpoint gives the same bytes (settings in the order of their keys).
 *
 * @throws {TypeError} if a value is of the wrong type or the settings are not JSON: cycles, functions, bigints, instances of classes, numbers that are
 * not finite.
 * @throws {RangeError} if a shape or mask does not fit its parameter, a mask has values other than 0 and 1, `step` is no integer from 0, there is no such
 * storage, a suppressed weight that would not be stored is not 0, or the training record says what cannot be.
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
  const { parameters, masks, step, settings, record } = checkpoint, { storage = "dense" } = options;
  if (!isStep(step)) throw new RangeError(`step is ${step}; it must be an integer from 0`);
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
    if (data.length !== elementCount(shape)) {
      throw new RangeError(
        `the mask of ${quote(name)} has ${data.length} elements; the parameter's shape is [${shape}]`,
      );
    }
    const wrong = data.findIndex((kept) => kept > 1);
    if (wrong >= 0) throw new RangeError(`the mask of ${quote(name)} is ${data[wrong]} at ${wrong}; it must be 0 or 1`);
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
  return encodeSafetensors(tensors, {
    [VERSION_KEY]: living.size > 0 ? LIVING_VERSION : DENSE_VERSION,
    [STEP_KEY]: String(step),
    [SETTINGS_KEY]: settingsAsJson(settings),
    ...(record && { [RECORD_KEY]: JSON.stringify(record) }),
    ...(living.size > 0 && { [LIVING_KEY]: JSON.stringify(Object.fromEntries(living)) }),
  });
}

/**
 * A checkpoint from the bytes of its file. A safetensors file of another tool is read as its parameters with step 0, no masks and no settings; its tensors
 * must all be F32. Values are not judged: a parameter may hold NaN. `fileName` is for messages.
 *
 * @throws {CheckpointError} if the file is damaged, holds a tensor that is neither an F32 parameter nor the U8 mask of one, was written by a newer
 * version, has a training record that cannot be, or a parameter of which the living weights are stored would be larger than 1 GiB.
 *
 * @example
 * ```ts
 * import { decodeCheckpoint, encodeSafetensors } from "@tacet/tacet";
 * const foreign = encodeSafetensors([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
 * console.log(Object.keys(decodeCheckpoint(foreign).parameters)); // [ "w" ]
 * ```
 */
export function decodeCheckpoint(bytes: Uint8Array, fileName = "checkpoint"): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, fileName);
  const known = readMetadata(metadata, fileName);
  const parameters = new Map<string, SavedParameter>(), masks = new Map<string, Uint8Array>();
  for (const [name, shape] of known?.living ?? []) {
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
    if (known === undefined || tensor.dtype !== "U8" || !name.startsWith(MASK)) {
      const expected = known === undefined
        ? "F32 parameters only"
        : `F32 parameters and U8 masks named "${MASK}..." only`;
      throw new CheckpointError(fileName, `tensor ${quote(name)} of type ${tensor.dtype}`, expected);
    }
    masks.set(name.slice(MASK.length), checkedMask(name.slice(MASK.length), tensor, parameters, fileName));
  }
  return {
    parameters: Object.fromEntries(parameters),
    masks: Object.fromEntries(masks),
    step: known?.step ?? 0,
    settings: known?.settings ?? {},
    ...(known?.record && { record: known.record }),
  };
}

/** The mask of a parameter, as it is stored beside all its weights. */
function checkedMask(
  name: string,
  { shape, data }: TensorOf<"U8">,
  parameters: ReadonlyMap<string, SavedParameter>,
  fileName: string,
): Uint8Array {
  const wanted = parameters.get(name)?.shape;
  if (wanted === undefined) {
    throw new CheckpointError(fileName, `a mask of ${quote(name)}`, "a parameter of that name with it");
  }
  if (shape.length !== wanted.length || shape.some((length, i) => length !== wanted[i])) {
    const found = `a mask of ${quote(name)} of shape [${shape.join(", ")}]`;
    throw new CheckpointError(fileName, found, `the parameter's shape, [${wanted.join(", ")}]`);
  }
  const wrong = data.findIndex((kept) => kept > 1);
  if (wrong >= 0) throw new CheckpointError(fileName, `${data[wrong]} in the mask of ${quote(name)}`, "0 or 1");
  return data;
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
 * Reads a checkpoint file of at most 1 GiB, see {@linkcode decodeCheckpoint}.
 *
 * @throws {FileError} if the file cannot be read.
 * @throws {CheckpointError} if it is no checkpoint or damaged.
 *
 * @example
 * ```ts ignore
 * const { parameters, step } = await loadCheckpoint("out/lenet5.safetensors");
 * ```
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  return decodeCheckpoint(await readFile(path), path);
}

/** What the metadata tell; undefined if another tool wrote the file. */
function readMetadata(
  metadata: Record<string, string>,
  fileName: string,
): Pick<Checkpoint, "step" | "settings" | "record"> & { readonly living: Map<string, readonly number[]> } | undefined {
  const texts = new Map(Object.entries(metadata));
  const version = texts.get(VERSION_KEY);
  if (version === undefined) return undefined;
  if (version !== DENSE_VERSION && version !== LIVING_VERSION) {
    const found = `checkpoint version ${quote(version)}`,
      expected = `version "${DENSE_VERSION}" or "${LIVING_VERSION}"`;
    throw new CheckpointError(fileName, found, `${expected}; a newer version of the library may read it`);
  }
  const stepText = texts.get(STEP_KEY) ?? "";
  const step = Number(stepText);
  if (!/^\d+$/.test(stepText) || !isStep(step)) {
    throw new CheckpointError(fileName, `step ${quote(stepText)}`, "an integer from 0");
  }
  const settings = readObject("settings", texts.get(SETTINGS_KEY), fileName);
  const shapes = version === LIVING_VERSION ? readObject("shapes", texts.get(LIVING_KEY), fileName) : {};
  for (const [name, shape] of Object.entries(shapes)) {
    if (!Array.isArray(shape)) {
      throw new CheckpointError(fileName, `no shape of ${quote(name)}`, "an array of integers");
    }
  }
  const record = readRecord(texts.get(RECORD_KEY), fileName);
  const living = new Map(Object.entries(shapes as Record<string, readonly number[]>));
  return { step, settings, living, ...(record && { record }) };
}

/** The training record; undefined in files of before there was one. */
function readRecord(text: string | undefined, fileName: string): TrainingRecord | undefined {
  if (text === undefined) return undefined;
  const record = readObject("training record", text, fileName), fault = recordFault(record);
  // Spending that is not understood must not be left out.
  if (fault) throw new CheckpointError(fileName, fault.found, `${fault.expected}; a newer version may read it`);
  return record as unknown as TrainingRecord;
}

function readObject(what: string, text = "", fileName: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(fileName, `${what} ${quote(text)}`, "a JSON object", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CheckpointError(fileName, `${what} ${quote(text)}`, "a JSON object");
  }
  return value as Record<string, unknown>;
}

function isStep(step: number): boolean {
  return Number.isSafeInteger(step) && step >= 0;
}
