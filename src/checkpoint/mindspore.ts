/**
 * MindSpore's checkpoint files, `NAME.ckpt`: a protocol buffer message of named tensors.
 *
 * Format: message Checkpoint { repeated Value value = 1 }, Value { string tag = 1; TensorProto tensor = 2 },
 * TensorProto { repeated int64 dims = 1; string tensor_type = 2; bytes tensor_content = 3 }.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { CheckpointError, quote } from "./errors.ts";
import type { SavedParameter } from "./network_file.ts";
import { DELIMITED, MessageReader, VARINT } from "./protobuf.ts";
import type { Dtype, Tensor } from "./tensor.ts";
import { elementBytes, elementCount, tensorFromBytes } from "./tensor.ts";

/** MindSpore's names of the element types. */
const TYPES: ReadonlyMap<string, Dtype> = new Map([
  ["Float64", "F64"],
  ["Float32", "F32"],
  ["Float16", "F16"],
  ["BFloat16", "BF16"],
  ["Int64", "I64"],
  ["Int32", "I32"],
  ["Int16", "I16"],
  ["Int8", "I8"],
  ["UInt64", "U64"],
  ["UInt32", "U32"],
  ["UInt16", "U16"],
  ["UInt8", "U8"],
  ["Bool", "BOOL"],
]);

const MOST_DIMENSIONS = 64;
const OTHER_KIND = "is it a MindSpore checkpoint, neither encrypted nor with map parameters?";

interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  /** A large tensor comes as several values of one name, one after the other. */
  readonly pieces: Uint8Array[];
}

/**
 * Reads a MindSpore checkpoint file: all its tensors by name, in the order of the file; besides the parameters often the optimizer's "learning_rate",
 * "momentum" and "moments.NAME". {@linkcode floatParameters} picks what a network can load. The tensors are copies. `fileName` is for messages.
 *
 * @throws {CheckpointError} if the file is damaged or something else, a name comes twice, a type is unknown or a size does not fit the shape.
 * @throws {TypeError} if `bytes` is no Uint8Array.
 *
 * @example
 * ```ts
 * import { decodeMindsporeCheckpoint } from "@tacet/tacet";
 * console.log(decodeMindsporeCheckpoint(new Uint8Array(0)).size); // 0
 * ```
 */
export function decodeMindsporeCheckpoint(bytes: Uint8Array, fileName = "MindSpore checkpoint"): Map<string, Tensor> {
  if (!isTypedArray("Uint8Array", bytes)) throw new TypeError("bytes must be a Uint8Array: the content of the file");
  const values = new Map<string, Value>();
  let last: Value | undefined;
  for (const reader = new MessageReader(bytes, fileName); !reader.done;) {
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
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of values) tensors.set(name, assemble(value, fileName));
  return tensors;
}

/**
 * The F32 tensors, as the parameters of a {@linkcode Checkpoint}.
 *
 * @example
 * ```ts
 * import { floatParameters } from "@tacet/tacet";
 * const w = { dtype: "F32", shape: [1], data: Float32Array.of(2) } as const;
 * console.log(Object.keys(floatParameters(new Map([["w", w]])))); // [ "w" ]
 * ```
 */
export function floatParameters(tensors: ReadonlyMap<string, Tensor>): Record<string, SavedParameter> {
  const parameters: [string, SavedParameter][] = [];
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype === "F32") parameters.push([name, { shape, data }]);
  }
  return Object.fromEntries(parameters);
}

function readValue(bytes: Uint8Array, fileName: string): Value {
  let name: string | undefined;
  let tensor: Omit<Value, "name"> | undefined;
  for (const reader = new MessageReader(bytes, fileName); !reader.done;) {
    const field = expectField(reader.tag(), [1, 2], fileName);
    if ((field === 1 ? name : tensor) !== undefined) repeated(fileName);
    if (field === 1) name = readText(reader.delimited(), fileName);
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
    else if (field === 2) type = readText(part, fileName);
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
  const count = elementCount(trueShape);
  if (count === undefined || count * elementBytes(dtype) !== length) {
    const found = `parameter ${quote(name)}, ${type} [${shape.join(", ")}], of ${length} bytes`;
    const size = count === undefined ? "fewer elements" : `${count * elementBytes(dtype)} bytes`;
    throw new CheckpointError(fileName, found, size);
  }
  if (pieces.length === 1) return tensorFromBytes(dtype, trueShape, pieces[0]!);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return tensorFromBytes(dtype, trueShape, whole);
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

function readText(bytes: Uint8Array, fileName: string): string {
  try {
    // Copied, since a TextDecoder refuses shared memory.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw new CheckpointError(fileName, "a name that is not UTF-8", `UTF-8; ${OTHER_KIND}`, { cause });
  }
}
