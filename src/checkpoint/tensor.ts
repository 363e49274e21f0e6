/**
 * A tensor in memory, and its elements as the little-endian bytes that both file formats store.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { CheckpointError } from "./errors.ts";

/**
 * The typed array that holds elements of each type. F16 and BF16 are their raw 16 bits; BOOL is a byte each, 0 or 1.
 */
export interface DtypeArrays {
  /** 64-bit floats. */
  F64: Float64Array;
  /** 32-bit floats. */
  F32: Float32Array;
  /** Raw bits of 16-bit floats with 5 bits of exponent. */
  F16: Uint16Array;
  /** Raw bits of 16-bit floats with 8 bits of exponent: the upper half of an F32. */
  BF16: Uint16Array;
  /** 64-bit integers. */
  I64: BigInt64Array;
  /** 32-bit integers. */
  I32: Int32Array;
  /** 16-bit integers. */
  I16: Int16Array;
  /** 8-bit integers. */
  I8: Int8Array;
  /** 64-bit unsigned integers. */
  U64: BigUint64Array;
  /** 32-bit unsigned integers. */
  U32: Uint32Array;
  /** 16-bit unsigned integers. */
  U16: Uint16Array;
  /** 8-bit unsigned integers. */
  U8: Uint8Array;
  /** Truth values, a byte each. */
  BOOL: Uint8Array;
}

/** The name of an element type, as safetensors spells it. */
export type Dtype = keyof DtypeArrays;

/**
 * A tensor of one element type: `data` has as many elements as the product of `shape`, the last index running fastest.
 */
export interface TensorOf<D extends Dtype> {
  /** Type of the elements. */
  readonly dtype: D;
  /** Length of each dimension; `[]` is a single element. */
  readonly shape: readonly number[];
  /** The elements. */
  readonly data: DtypeArrays[D];
}

/** A tensor of any element type: `dtype` tells which. */
export type Tensor = { [D in Dtype]: TensorOf<D> }[Dtype];

type Elements = DtypeArrays[Dtype];

interface ElementsConstructor {
  new (buffer: ArrayBuffer): Elements;
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
}

const CONSTRUCTORS: ReadonlyMap<Dtype, ElementsConstructor> = new Map<Dtype, ElementsConstructor>([
  ["F64", Float64Array],
  ["F32", Float32Array],
  ["F16", Uint16Array],
  ["BF16", Uint16Array],
  ["I64", BigInt64Array],
  ["I32", Int32Array],
  ["I16", Int16Array],
  ["I8", Int8Array],
  ["U64", BigUint64Array],
  ["U32", Uint32Array],
  ["U16", Uint16Array],
  ["U8", Uint8Array],
  ["BOOL", Uint8Array],
]);

/** All element types, for messages. */
export const DTYPES: readonly Dtype[] = [...CONSTRUCTORS.keys()];

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Is this the name of an element type that can be read? */
export function isDtype(name: string): name is Dtype {
  return CONSTRUCTORS.has(name as Dtype);
}

/** Bytes of one element. */
export function elementBytes(dtype: Dtype): number {
  return CONSTRUCTORS.get(dtype)!.BYTES_PER_ELEMENT;
}

/** The number of elements of a shape, or undefined if it is beyond all memory or a dimension is no integer from 0. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  let largest = 1;
  for (const dimension of shape) {
    count *= dimension;
    // Without the zeros, so that [2^40, 2^40, 0] is refused in whatever order.
    largest *= Math.max(1, dimension);
    if (!Number.isSafeInteger(dimension) || dimension < 0 || !Number.isSafeInteger(largest)) return undefined;
  }
  return count;
}

/**
 * Compares what a file has of a tensor with what its type and shape take.
 *
 * @param found what is said of it
 * @throws {CheckpointError} if these are not as many bytes.
 */
export function checkSize(
  dtype: Dtype,
  shape: readonly number[],
  bytes: number,
  found: string,
  fileName: string,
): void {
  const count = elementCount(shape), size = count === undefined ? undefined : count * elementBytes(dtype);
  if (size === bytes) return;
  throw new CheckpointError(fileName, found, size === undefined ? "fewer elements" : `${size} bytes`);
}

/** Does the array hold elements of this type? */
export function holds(dtype: Dtype, data: unknown): boolean {
  return isTypedArray(CONSTRUCTORS.get(dtype)!.name as "Uint8Array", data);
}

/** A tensor from its little-endian bytes, copied: they may lie at any address. Their number must fit the shape. */
export function tensorFromBytes(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): Tensor {
  // Not bytes.slice(): Node's Buffer overrides it to share the memory.
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  if (!HOST_IS_LITTLE_ENDIAN) reverseElements(copy, elementBytes(dtype));
  return { dtype, shape, data: new (CONSTRUCTORS.get(dtype)!)(copy.buffer) } as Tensor;
}

/** Writes the tensor's elements as little-endian bytes into `out` from `offset` on. */
export function tensorIntoBytes(tensor: Tensor, out: Uint8Array, offset: number): void {
  const { buffer, byteOffset, byteLength } = tensor.data;
  out.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
  if (!HOST_IS_LITTLE_ENDIAN) {
    reverseElements(out.subarray(offset, offset + byteLength), elementBytes(tensor.dtype));
  }
}

/** Reverses, in place, the bytes of each element of `size` bytes: between little-endian and big-endian. */
export function reverseElements(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
