/**
 * Checks of typed arrays that callers hand in. Not by `instanceof`: a page's frames, the contexts of `node:vm` and the
 * test runners built on them each have constructors of their own.
 *
 * @module
 */

/** The typed arrays by the names of their constructors. */
interface TypedArrays {
  Int8Array: Int8Array;
  Uint8Array: Uint8Array;
  Int16Array: Int16Array;
  Uint16Array: Uint16Array;
  Int32Array: Int32Array;
  Uint32Array: Uint32Array;
  BigInt64Array: BigInt64Array;
  BigUint64Array: BigUint64Array;
  Float32Array: Float32Array;
  Float64Array: Float64Array;
}

/** Is it a typed array of that name, of whatever realm? Node's Buffers are Uint8Arrays. */
export function isTypedArray<Name extends keyof TypedArrays>(name: Name, value: unknown): value is TypedArrays[Name] {
  return ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === name;
}
