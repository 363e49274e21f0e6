/**
 * MindSpore's checkpoint files, `NAME.ckpt`: a protocol buffer message of named tensors.
 *
 * Format: message Checkpoint { repeated Value value = 1 }, Value { string tag = 1; TensorProto tensor = 2 },
 * TensorProto { repeated int64 dims = 1; string tensor_type = 2; bytes tensor_content = 3 }; behind it perhaps a
 * checksum.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { fileKind } from "../checks/file_kind.ts";
import { hasTrailer, refuseBrokenTrailer, withoutTrailer } from "./crc_trailer.ts";
import { CheckpointError, quote } from "./errors.ts";
import { checkBytes, checkKind, textIn } from "./file_bytes.ts";
import type { CheckpointReadOptions } from "./floats.ts";
import { parted } from "./foreign.ts";
import type { SavedParameter } from "./checkpoint.ts";
import { textOf } from "./numpy_text.ts";
import { DELIMITED, MessageReader, VARINT } from "./protobuf.ts";
import type { Dtype, Tensor } from "./tensor.ts";
import { checkSize, DTYPES, elementBytes, tensorFromBytes } from "./tensor.ts";

/** The element types by MindSpore's names of them: Float64, BFloat16, Int8, UInt8, Bool... */
const TYPES: ReadonlyMap<string, Dtype> = new Map(DTYPES.map((dtype) => [
  dtype.replace("F", "Float").replace("I", "Int").replace("U", "UInt").replace("OOL", "ool"),
  dtype,
]));

/** The type of the texts of `append_dict`. */
const TEXT = "str";
const MOST_DIMENSIONS = 64;
const OTHER_KIND = "is it a MindSpore checkpoint, neither encrypted nor with map parameters?";

interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  /** A large tensor comes as several values of one name, one after the other. */
  readonly pieces: Uint8Array[];
}

/** Is it a MindSpore checkpoint, by its first bytes or, where those are damaged, by its last? */
export function isMindsporeFile(bytes: Uint8Array): boolean {
  // Anything but bytes is for the readers to refuse.
  if (!isTypedArray("Uint8Array", bytes)) return false;
  return fileKind(bytes)?.id === "mindspore" || hasTrailer(bytes);
}

/** What a MindSpore checkpoint holds, in the order of the file. */
export interface MindsporeFile {
  /** By name. */
  readonly tensors: Map<string, Tensor>;
  /** The texts of `append_dict`, by name. */
  readonly texts: Map<string, string>;
}

/**
 * Reads all of a MindSpore checkpoint file, and checks its checksum if it has one.
 *
 * @throws {CheckpointError} as {@linkcode decodeMindsporeCheckpoint} does.
 */
export function readMindspore(bytes: Uint8Array, fileName: string): MindsporeFile {
  const message = withoutTrailer(bytes, fileName);
  checkKind(message, "mindspore", "a MindSpore checkpoint", fileName);
  const values = new Map<string, Value>();
  let last: Value | undefined;
  for (const reader = new MessageReader(message, fileName); !reader.done;) {
    refuseBrokenTrailer(reader.rest, fileName);
    expectField(reader.tag(), [1], fileName);
    const value = readValue(reader.delimited(), fileName);
    if (last?.name === value.name && last.type === value.type && String(last.shape) === String(value.shape)) {
      last.pieces.push(...value.pieces);
      continue;
    }
    if (values.has(value.name)) {
      throw new CheckpointError(fileName, `parameter ${quote(value.name)} a second time`, "every parameter once");
    }
    values.set(value.name, value);
    last = value;
  }
  const tensors = new Map<string, Tensor>(), texts = new Map<string, string>();
  for (const [name, value] of values) {
    if (value.type === TEXT) texts.set(name, textOf(name, joined(value.pieces), fileName));
    else tensors.set(name, assemble(value, fileName));
  }
  return { tensors, texts };
}

/**
 * Reads the tensors of a MindSpore checkpoint file by name, in the order of the file; besides the parameters often the
 * optimizer's "learning_rate", "momentum" and "moments.NAME". {@linkcode floatParameters} picks what a network can
 * load; {@linkcode decodeCheckpoint} does both, and gives the texts of `append_dict` too. The tensors are copies. A
 * checksum (`crc_check=True`) is checked. `fileName` is for messages.
 *
 * @throws {CheckpointError} if the file is damaged or something else, a name comes twice, a type is unknown or a size
 * does not fit the shape.
 * @throws {ChecksumError} if its checksum is not that of its bytes.
 * @throws {TypeError} if `bytes` is no Uint8Array.
 *
 * @example
 * ```ts
 * import { decodeMindsporeCheckpoint } from "@tacet/tacet";
 * const type = new TextEncoder().encode("Float32");
 * const file = Uint8Array.of(10, 20, 10, 1, 119, 18, 15, 18, 7, ...type, 26, 4, 0, 0, 0, 64);
 * console.log(decodeMindsporeCheckpoint(file).get("w")); // { dtype: "F32", shape: [], data: Float32Array [2] }
 * ```
 */
export function decodeMindsporeCheckpoint(bytes: Uint8Array, fileName = "MindSpore checkpoint"): Map<string, Tensor> {
  checkBytes(bytes);
  return readMindspore(bytes, fileName).tensors;
}

/**
 * The parameters among tensors, as those of a {@linkcode Checkpoint}: all floats but the state of optimizers, rates and
 * counters ("moments.NAME", "learning_rate"). F16, BF16, and F64 where it is exact, become F32.
 *
 * @param options `round` to round F64 that is no float32
 * @param fileName for messages
 * @throws {CheckpointError} naming a tensor of F64 that is no float32, unless it is to be rounded.
 *
 * @example
 * ```ts
 * import { floatParameters } from "@tacet/tacet";
 * const w = { dtype: "BF16", shape: [1], data: Uint16Array.of(0x4000) } as const;
 * console.log(floatParameters(new Map([["w", w]]))); // { w: { shape: [1], data: Float32Array [2] } }
 * ```
 */
export function floatParameters(
  tensors: ReadonlyMap<string, Tensor>,
  options: CheckpointReadOptions = {},
  fileName = "checkpoint",
): Record<string, SavedParameter> {
  return parted(tensors, fileName, options).parameters;
}

function readValue(bytes: Uint8Array, fileName: string): Value {
  let name: string | undefined;
  let tensor: Omit<Value, "name"> | undefined;
  for (const reader = new MessageReader(bytes, fileName); !reader.done;) {
    const field = expectField(reader.tag(), [1, 2], fileName);
    if ((field === 1 ? name : tensor) !== undefined) repeated(fileName);
    if (field === 1) name = readName(reader.delimited(), fileName);
    else tensor = readTensor(reader.delimited(), fileName);
  }
  if (name === undefined || tensor === undefined) {
    throw new CheckpointError(fileName, "a parameter without name or tensor", `both; ${OTHER_KIND}`);
  }
  return { name, ...tensor };
}

function readTensor(bytes: Uint8Array, fileName: string): Omit<Value, "name"> {
  const shape: number[] = [];
  let type: string | undefined;
  let content: Uint8Array | undefined;
  for (const reader = new MessageReader(bytes, fileName); !reader.done;) {
    const tag = reader.tag();
    if (tag.field === 1 && tag.wireType === VARINT) {
      addDimension(shape, reader, fileName);
      continue;
    }
    const field = expectField(tag, [1, 2, 3], fileName);
    const part = reader.delimited();
    if (field === 1) {
      for (const packed = new MessageReader(part, fileName); !packed.done;) addDimension(shape, packed, fileName);
    } else if ((field === 2 ? type : content) !== undefined) repeated(fileName);
    else if (field === 2) type = readName(part, fileName);
    else content = part;
  }
  if (type === undefined || content === undefined) {
    throw new CheckpointError(fileName, "a tensor without type or content", `both; ${OTHER_KIND}`);
  }
  return { shape, type, pieces: [content] };
}

function addDimension(shape: number[], reader: MessageReader, fileName: string): void {
  if (shape.length === MOST_DIMENSIONS) {
    throw new CheckpointError(fileName, `more than ${MOST_DIMENSIONS} dimensions`, "fewer");
  }
  shape.push(reader.varint());
}

function assemble({ name, shape, type, pieces }: Value, fileName: string): Tensor {
  const dtype = TYPES.get(type);
  if (dtype === undefined) {
    const expected = `one of ${[...TYPES.keys()].join(", ")}`;
    throw new CheckpointError(fileName, `parameter ${quote(name)} of type ${quote(type)}`, expected);
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // MindSpore writes the shape of a single number as [0].
  const isScalar = shape.length === 1 && shape[0] === 0 && length === elementBytes(dtype);
  const trueShape = isScalar ? [] : shape;
  const found = `parameter ${quote(name)}, ${type} [${shape.join(", ")}], of ${length} bytes`;
  checkSize(dtype, trueShape, length, found, fileName);
  return tensorFromBytes(dtype, trueShape, joined(pieces));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The field's number, if it is among those allowed and length-delimited. */
function expectField(
  { field, wireType }: { readonly field: number; readonly wireType: number },
  allowed: readonly number[],
  fileName: string,
): number {
  if (wireType === DELIMITED && allowed.includes(field)) return field;
  const expected = `field ${allowed.join(" or ")} of type ${DELIMITED}; ${OTHER_KIND}`;
  throw new CheckpointError(fileName, `field ${field} of type ${wireType}`, expected);
}

function repeated(fileName: string): never {
  throw new CheckpointError(fileName, "a field a second time", "it once");
}

function readName(bytes: Uint8Array, fileName: string): string {
  return textIn(bytes, "a name", `UTF-8; ${OTHER_KIND}`, fileName);
}
