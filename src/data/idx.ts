/**
 * The IDX file format, in which MNIST and its relatives are kept: an array of numbers of one type and any rank,
 * big-endian.
 *
 * Two zero bytes, the code of the element type, the rank; then one unsigned 32-bit size for each dimension; then the
 * elements in row-major order.
 *
 * Source: Yann LeCun, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/ ("the IDX file
 * format").
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { thisIs } from "../checks/file_kind.ts";
import { DataFormatError } from "./errors.ts";

/** The typed array that holds each of IDX's element types. */
export interface IdxData {
  /** Code 0x08. */
  uint8: Uint8Array<ArrayBuffer>;
  /** Code 0x09. */
  int8: Int8Array<ArrayBuffer>;
  /** Code 0x0B. */
  int16: Int16Array<ArrayBuffer>;
  /** Code 0x0C. */
  int32: Int32Array<ArrayBuffer>;
  /** Code 0x0D. */
  float32: Float32Array<ArrayBuffer>;
  /** Code 0x0E. */
  float64: Float64Array<ArrayBuffer>;
}

/** The name of an element type. */
export type IdxType = keyof IdxData;

/** An array read from an IDX file. Its `type` tells the type of its `data`. */
export type IdxArray = {
  [T in IdxType]: {
    /** What each element is. */
    readonly type: T;
    /** The sizes of the dimensions, outermost first: 0 to 255 of them, each from 0 to 2^32 - 1. */
    readonly shape: readonly number[];
    /** The elements in row-major order, as many as the product of the sizes (one, if the rank is 0). */
    readonly data: IdxData[T];
  };
}[IdxType];

const FORMATS = {
  uint8: { code: 0x08, Data: Uint8Array },
  int8: { code: 0x09, Data: Int8Array },
  int16: { code: 0x0b, Data: Int16Array },
  int32: { code: 0x0c, Data: Int32Array },
  float32: { code: 0x0d, Data: Float32Array },
  float64: { code: 0x0e, Data: Float64Array },
} as const;

const TYPES = Object.keys(FORMATS) as IdxType[];
const HOST_IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

/**
 * The number of elements; beyond 2^53 only about, and perhaps Infinity, but then certainly more than any file holds.
 */
function elements(shape: readonly number[]): number {
  // A size of 0 decides, whatever the others are; multiplied last it could meet Infinity and make NaN.
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** Big-endian to host order or back, in place. Moves bytes, not numbers, so that every NaN keeps its bits. */
function swap(bytes: Uint8Array, size: number): void {
  if (size === 1 || HOST_IS_BIG_ENDIAN) return;
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/**
 * Reads the bytes of an IDX file (not gzipped). The array is a copy and does not share memory with `bytes`.
 *
 * `fileName` is what errors call the bytes; default "IDX data".
 *
 * @throws {DataFormatError} unless `bytes` is exactly one well-formed IDX array, to the last byte.
 *
 * @example
 * ```ts
 * import { parseIdx } from "@tacet/tacet";
 * const bytes = new Uint8Array([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1]);
 * console.log(parseIdx(bytes, "labels.idx")); // { type: "uint8", shape: [3], data: Uint8Array [7, 2, 1] }
 * ```
 */
export function parseIdx(bytes: Uint8Array, fileName = "IDX data"): IdxArray {
  if (!isTypedArray("Uint8Array", bytes)) throw new TypeError(`${fileName}: bytes must be a Uint8Array`);
  if (bytes.length < 4) {
    throw new DataFormatError(fileName, `has ${bytes.length} bytes; an IDX file begins with a header of at least 4`);
  }
  const [zero0, zero1, code, rank] = bytes as unknown as [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    throw new DataFormatError(
      fileName,
      `begins with ${hex(zero0)} ${hex(zero1)}; an IDX file begins with two zero bytes${thisIs(bytes, "idx")}`,
    );
  }
  const type = TYPES.find((name) => FORMATS[name].code === code);
  if (type === undefined) {
    const known = TYPES.map((name) => `${hex(FORMATS[name].code)} (${name})`).join(", ");
    throw new DataFormatError(
      fileName,
      `its third byte, the element type, is ${hex(code)}; IDX knows ${known}${thisIs(bytes, "idx")}`,
    );
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new DataFormatError(
      fileName,
      `has ${bytes.length} bytes; its header alone, of rank ${rank}, takes ${header}: the file is cut short`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  const { Data } = FORMATS[type];
  const expected = elements(shape) * Data.BYTES_PER_ELEMENT;
  const found = bytes.length - header;
  if (found !== expected) {
    const hint = found < expected ? "the file is cut short" : `${found - expected} stray bytes follow`;
    throw new DataFormatError(
      fileName,
      `holds ${found} bytes of elements; ${type} of shape [${shape.join(", ")}] takes ${expected}: ${hint}`,
    );
  }
  // A copy begins at offset 0, which typed arrays of wider elements need. (Not `bytes.slice`: a Node Buffer's is no
  // copy.)
  const raw = new Uint8Array(found);
  raw.set(bytes.subarray(header));
  swap(raw, Data.BYTES_PER_ELEMENT);
  return { type, shape, data: new Data(raw.buffer) } as IdxArray;
}

/**
 * Writes an array as the bytes of an IDX file: the inverse of {@linkcode parseIdx}.
 *
 * @throws {TypeError} if `type` is not one of IDX's or `data` is not the typed array that goes with it.
 * @throws {RangeError} if there are more than 255 dimensions, a size is not an integer from 0 to 2^32 - 1, or their
 * product is not the number of elements.
 *
 * @example
 * ```ts
 * import { encodeIdx, parseIdx } from "@tacet/tacet";
 * const bytes = encodeIdx({ type: "int16", shape: [2, 1], data: new Int16Array([-1, 300]) });
 * console.log(parseIdx(bytes).data); // Int16Array [-1, 300]
 * ```
 */
export function encodeIdx(array: IdxArray): Uint8Array<ArrayBuffer> {
  const { type, shape, data } = array;
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (format === undefined) throw new TypeError(`type is ${JSON.stringify(type)}; IDX knows ${TYPES.join(", ")}`);
  const { name, BYTES_PER_ELEMENT } = format.Data;
  if (!isTypedArray(name as "Uint8Array", data)) throw new TypeError(`data of type ${type} must be a ${name}`);
  if (shape.length > 255) throw new RangeError(`shape has ${shape.length} dimensions; IDX allows at most 255`);
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0 || size >= 2 ** 32) {
      throw new RangeError(`shape is [${shape.join(", ")}]; every size must be an integer from 0 to 2^32 - 1`);
    }
  }
  if (elements(shape) !== data.length) {
    throw new RangeError(
      `data has ${data.length} elements; shape [${shape.join(", ")}] means ${elements(shape)}: make them agree`,
    );
  }
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.byteLength);
  bytes.set([0, 0, format.code, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, dimension) => view.setUint32(4 + 4 * dimension, size));
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header);
  swap(bytes.subarray(header), BYTES_PER_ELEMENT);
  return bytes;
}
