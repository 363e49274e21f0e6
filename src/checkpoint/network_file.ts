/**
 * A saved model: a safetensors file with the parameters under their own names, the masks as `mask.NAME`, and step and settings in its metadata. Other
 * tools read the parameters from it as they are.
 *
 * @module
 */
import { readFile, writeFileWhole } from "../runtime/files.ts";
import { CheckpointError, quote } from "./errors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { settingsAsJson } from "./settings.ts";
import type { Tensor } from "./tensor.ts";
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
}

const MASK = "mask.";
const VERSION = "1";
const VERSION_KEY = "tacet.version";
const STEP_KEY = "tacet.step";
const SETTINGS_KEY = "tacet.settings";

/**
 * The bytes of a checkpoint file. The same checkpoint gives the same bytes (settings in the order of their keys).
 *
 * @throws {TypeError} if a value is of the wrong type or the settings are not JSON: cycles, functions, bigints, instances of classes, numbers that are
 * not finite.
 * @throws {RangeError} if a shape or mask does not fit its parameter, a mask has values other than 0 and 1, or `step` is no integer from 0.
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
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { parameters, masks, step, settings } = checkpoint;
  if (!isStep(step)) throw new RangeError(`step is ${step}; it must be an integer from 0`);
  const tensors: [string, Tensor][] = [];
  for (const [name, { shape, data }] of Object.entries(parameters)) {
    tensors.push([name, { dtype: "F32", shape, data }]);
  }
  for (const [name, data] of Object.entries(masks)) {
    if (!Object.hasOwn(parameters, name)) {
      const names = Object.keys(parameters).join(", ");
      throw new RangeError(`masks has ${quote(name)}, which is no parameter; the parameters are ${names}`);
    }
    const { shape } = parameters[name]!;
    if (data.length !== elementCount(shape)) {
      throw new RangeError(
        `the mask of ${quote(name)} has ${data.length} elements; the parameter's shape is [${shape}]`,
      );
    }
    const wrong = data.findIndex((kept) => kept > 1);
    if (wrong >= 0) throw new RangeError(`the mask of ${quote(name)} is ${data[wrong]} at ${wrong}; it must be 0 or 1`);
    if (Object.hasOwn(parameters, MASK + name)) {
      throw new RangeError(
        `parameter ${quote(MASK + name)} has the name under which the mask of ${quote(name)} is saved`,
      );
    }
    tensors.push([MASK + name, { dtype: "U8", shape, data }]);
  }
  return encodeSafetensors(tensors, {
    [VERSION_KEY]: VERSION,
    [STEP_KEY]: String(step),
    [SETTINGS_KEY]: settingsAsJson(settings),
  });
}

/**
 * A checkpoint from the bytes of its file. A safetensors file of another tool is read as its parameters with step 0, no masks and no settings; its tensors
 * must all be F32. Values are not judged: a parameter may hold NaN. `fileName` is for messages.
 *
 * @throws {CheckpointError} if the file is damaged, holds a tensor that is neither an F32 parameter nor the U8 mask of one, or was written by a newer
 * version.
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
  const parameters = new Map<string, SavedParameter>();
  const masks = new Map<string, { readonly shape: readonly number[]; readonly data: Uint8Array }>();
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype === "F32") parameters.set(name, { shape, data });
    else if (known !== undefined && dtype === "U8" && name.startsWith(MASK)) {
      masks.set(name.slice(MASK.length), { shape, data });
    } else {
      const expected = known === undefined
        ? "F32 parameters only"
        : `F32 parameters and U8 masks named "${MASK}..." only`;
      throw new CheckpointError(fileName, `tensor ${quote(name)} of type ${dtype}`, expected);
    }
  }
  for (const [name, { shape, data }] of masks) {
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
  }
  return {
    parameters: Object.fromEntries(parameters),
    masks: Object.fromEntries([...masks].map(([name, { data }]) => [name, data])),
    step: known?.step ?? 0,
    settings: known?.settings ?? {},
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
 * ```
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileWhole(path, encodeCheckpoint(checkpoint));
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

/** Step and settings from the metadata; undefined if another tool wrote the file. */
function readMetadata(
  metadata: Record<string, string>,
  fileName: string,
): Pick<Checkpoint, "step" | "settings"> | undefined {
  const texts = new Map(Object.entries(metadata));
  const version = texts.get(VERSION_KEY);
  if (version === undefined) return undefined;
  if (version !== VERSION) {
    const found = `checkpoint version ${quote(version)}`;
    throw new CheckpointError(fileName, found, `version "${VERSION}"; a newer version of the library may read it`);
  }
  const stepText = texts.get(STEP_KEY) ?? "";
  const step = Number(stepText);
  if (!/^\d+$/.test(stepText) || !isStep(step)) {
    throw new CheckpointError(fileName, `step ${quote(stepText)}`, "an integer from 0");
  }
  const settingsText = texts.get(SETTINGS_KEY) ?? "";
  let settings: unknown;
  try {
    settings = JSON.parse(settingsText);
  } catch (cause) {
    throw new CheckpointError(fileName, `settings ${quote(settingsText)}`, "a JSON object", { cause });
  }
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new CheckpointError(fileName, `settings ${quote(settingsText)}`, "a JSON object");
  }
  return { step, settings: settings as Record<string, unknown> };
}

function isStep(step: number): boolean {
  return Number.isSafeInteger(step) && step >= 0;
}
