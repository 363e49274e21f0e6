/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header, then the tensors' bytes without gaps.
 *
 * Format: https://github.com/huggingface/safetensors#format
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";
import { checkBytes, checkKind, textIn } from "./file_bytes.ts";
import type { HeaderEntry } from "./safetensors_header.ts";
import { parseHeader } from "./safetensors_header.ts";
import type { Dtype, Tensor } from "./tensor.ts";
import {
  checkSize,
  DTYPES,
  elementBytes,
  elementCount,
  holds,
  isDtype,
  tensorFromBytes,
  tensorIntoBytes,
} from "./tensor.ts";

/** What a safetensors file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of the header. */
  readonly tensors: Map<string, Tensor>;
  /** Free texts by key; empty if the file has none. */
  readonly metadata: Record<string, string>;
}

/** Bytes of the header at most, by the format's rules. */
const HEADER_LIMIT = 100_000_000;
const LENGTH_BYTES = 8;
/** The header is padded to a multiple of this, so that the tensors behind it are aligned. */
const ALIGNMENT = 8;
const METADATA = "__metadata__";

/**
 * Reads a safetensors file. Element types are F64, F32, I64, I32, I16, I8, U64, U32, U16, U8 and BOOL, and F16 and BF16
 * as raw bits. Element values are not checked: floats may be NaN. The tensors are copies and stay valid when `bytes`
 * changes. `fileName` is for messages.
 *
 * @throws {CheckpointError} at any deviation from the format: bytes cut off or left over, holes or overlaps, a key
 * given twice, a size that does not fit the shape, an element type not listed above.
 * @throws {TypeError} if `bytes` is no Uint8Array.
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from "@tacet/tacet";
 * const bytes = encodeSafetensors([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
 * console.log(decodeSafetensors(bytes).tensors.get("w")!.data); // Float32Array [1, 2]
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array, fileName = "safetensors file"): Safetensors {
  checkBytes(bytes);
  checkKind(bytes, "safetensors", "a safetensors file", fileName);
  const begin = LENGTH_BYTES + headerLength(bytes, fileName), data = bytes.subarray(begin);
  const { entries, metadata } = parseHeader(headerText(bytes.subarray(LENGTH_BYTES, begin), fileName), fileName);
  // All of it before the first copy: a small file whose tensors all claim the same bytes must not fill the memory.
  for (const [name, entry] of entries) checkEntry(name, entry, data.length, fileName);
  checkGapless([...entries], data.length, fileName);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, begin, end }] of entries) {
    tensors.set(name, tensorFromBytes(dtype as Dtype, shape, data.subarray(begin, end)));
  }
  // Not by assignment, which would drop the key "__proto__".
  return { tensors, metadata: Object.fromEntries(metadata) };
}

function checkEntry(name: string, { dtype, shape, begin, end }: HeaderEntry, length: number, fileName: string): void {
  const tensor = `tensor ${quote(name)}`;
  if (!isDtype(dtype)) {
    throw new CheckpointError(fileName, `${tensor} of type ${quote(dtype)}`, `one of ${DTYPES.join(", ")}`);
  }
  const found = `${tensor}, ${dtype} [${shape.join(", ")}], from byte ${begin} to ${end}`;
  checkSize(dtype, shape, end - begin, found, fileName);
  if (end > length) {
    const found = `${tensor} ending at byte ${end} of the data`;
    throw new CheckpointError(fileName, found, `at most ${length}, where the file ends; is it cut off?`);
  }
}

function headerLength(bytes: Uint8Array, fileName: string): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new CheckpointError(fileName, `${bytes.length} bytes`, `at least ${LENGTH_BYTES}, the length of the header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > HEADER_LIMIT) {
    const expected = `at most ${HEADER_LIMIT}; is this a safetensors file?`;
    throw new CheckpointError(fileName, `a header of ${length} bytes`, expected);
  }
  if (length > bytes.length - LENGTH_BYTES) {
    const expected = `at most ${bytes.length - LENGTH_BYTES}, where the file ends; is it cut off?`;
    throw new CheckpointError(fileName, `a header of ${length} bytes`, expected);
  }
  return length;
}

function headerText(header: Uint8Array, fileName: string): string {
  if (header[0] !== 0x7b) {
    const found = header.length === 0 ? "an empty header" : `a header starting with byte ${header[0]}`;
    throw new CheckpointError(fileName, found, 'a header starting with "{"; is this a safetensors file?');
  }
  return textIn(header, "a header", "UTF-8", fileName);
}

/**
 * The tensors must cover the data exactly: bytes that no tensor names could hide anything, and shared ones are a
 * mistake.
 */
function checkGapless(entries: [string, HeaderEntry][], length: number, fileName: string): void {
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== covered) {
      const found = `tensor ${quote(name)} starting at byte ${begin} of the data`;
      throw new CheckpointError(fileName, found, `byte ${covered}, where the one before ends: no gaps, no overlaps`);
    }
    covered = end;
  }
  if (covered !== length) {
    throw new CheckpointError(fileName, `${length} bytes of data`, `${covered}, the size of all tensors together`);
  }
}

/**
 * Writes a safetensors file. The same tensors and texts give the same bytes, in whatever order they come: sorted by
 * element size, largest first, then by name, so that every tensor is aligned to its elements; metadata by key.
 *
 * @throws {TypeError} if `data` is not the typed array of `dtype`, or a metadata value is no string.
 * @throws {RangeError} if a name is given twice, is `__metadata__` or no Unicode, a shape does not fit its data, or the
 * header exceeds 100 MB.
 *
 * @example
 * ```ts
 * import { encodeSafetensors } from "@tacet/tacet";
 * const mask = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 0, 1) } as const;
 * const bytes = encodeSafetensors(new Map([["mask", mask]]), { author: "me" });
 * console.log(bytes.length % 8); // 3
 * ```
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) =>
    sizeOf(b, nameB) - sizeOf(a, nameA) || (nameA < nameB ? -1 : Number(nameA > nameB))
  );
  const members: string[] = [];
  const texts = Object.keys(metadata).sort().map((key) => `${text(key, "metadata key")}:${text(metadata[key], key)}`);
  if (texts.length > 0) members.push(`"${METADATA}":{${texts.join(",")}}`);
  const names = new Set<string>([METADATA]);
  let offset = 0;
  for (const [name, tensor] of sorted) {
    if (names.has(name)) throw new RangeError(`tensor name ${quote(name)} is given twice or reserved`);
    names.add(name);
    checkTensor(name, tensor);
    const end = offset + tensor.data.byteLength;
    const { dtype, shape } = tensor;
    // By hand and not by JSON.stringify of an object, which would move names that look like numbers to the front.
    const entry = `{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`;
    members.push(`${text(name, "tensor name")}:${entry}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  if (padded > HEADER_LIMIT) {
    throw new RangeError(`the header would have ${padded} bytes, more than the ${HEADER_LIMIT} that the format allows`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + padded + offset);
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded).set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + padded;
  for (const [, tensor] of sorted) {
    tensorIntoBytes(tensor, bytes, at);
    at += tensor.data.byteLength;
  }
  return bytes;
}

function sizeOf({ dtype }: Tensor, name: string): number {
  if (!isDtype(dtype)) throw new TypeError(`tensor ${quote(name)} is of type ${dtype}; it must be one of ${DTYPES}`);
  return elementBytes(dtype);
}

function checkTensor(name: string, tensor: Tensor): void {
  const { dtype, shape, data } = tensor;
  sizeOf(tensor, name);
  if (!holds(dtype, data)) {
    throw new TypeError(`tensor ${quote(name)}: data is not the typed array that holds ${dtype}`);
  }
  if (elementCount(shape) !== data.length) {
    throw new RangeError(`tensor ${quote(name)} has ${data.length} elements, which do not fit shape [${shape}]`);
  }
}

/** A string as JSON. */
function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw new TypeError(`${what} is ${String(value)}; it must be a string`);
  if (!value.isWellFormed()) throw new RangeError(`${what} ${quote(value)} is not Unicode: half a surrogate pair`);
  return JSON.stringify(value);
}
