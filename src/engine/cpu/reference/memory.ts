/**
 * The linear memory of the reference engine: one buffer seen as bytes, int32 and floats, addressed by byte pointers as
 * in WebAssembly.
 *
 * @module
 */

import { integer } from "../../../checks/numbers.ts";

/** The numbers a tensor is made of: rounded to float32 when stored, or kept in float64. */
export type Floats = Float32Array | Float64Array;

/** How the reference engine stores its tensors. */
export type Precision = "float32" | "float64";

const ALIGNMENT = 64;
const LIMIT = 2 ** 32;

/**
 * A memory of its own that grows by reallocation, so every view must be taken afresh after {@link
 * ReferenceMemory.allocate}.
 *
 * In float64 precision the floats live in an array of their own with the same indices: a pointer means the same in both
 * precisions, but what is written through `ints` or `bytes` cannot be read through `floats`.
 */
export class ReferenceMemory {
  /** How floats are stored. */
  readonly precision: Precision;
  #bytes: Uint8Array = new Uint8Array(0);
  #ints: Int32Array = new Int32Array(0);
  #floats: Floats = new Float32Array(0);
  /** Pointer 0 means "absent", so nothing may ever live there. */
  #end = ALIGNMENT;

  /** An empty memory; `precision` is float32 unless told. */
  constructor(precision: Precision = "float32") {
    this.precision = precision;
    this.#grow(1 << 16);
  }

  /** The memory as bytes, indexed by pointer. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The memory as int32, indexed by pointer / 4. */
  get ints(): Int32Array {
    return this.#ints;
  }

  /** The memory as floats, indexed by pointer / 4. */
  get floats(): Floats {
    return this.#floats;
  }

  /**
   * A 64-byte aligned pointer to `bytes` bytes of zeros.
   *
   * @throws {RangeError} if `bytes` is no whole number from 0 on, or the memory cannot grow so far.
   */
  allocate(bytes: number): number {
    integer("the size of a region, in bytes,", bytes, 0);
    const pointer = this.#end;
    const end = Math.ceil((pointer + bytes) / ALIGNMENT) * ALIGNMENT;
    if (end > LIMIT) {
      throw new RangeError(
        `${bytes} bytes on top of the ${pointer} in use exceed the 4 GiB that pointers reach; use smaller batches`,
      );
    }
    if (end > this.#bytes.length) this.#grow(Math.min(LIMIT, Math.max(end, 2 * this.#bytes.length)));
    this.#end = end;
    return pointer;
  }

  /**
   * A number at the precision of the tensors: a scalar argument as a kernel with float32 parameters receives it, or
   * what one operation on elements gives. Where a tensor is computed element by element, each operation is rounded, as
   * in every float32 arithmetic; sums alone run in float64. The last bits matter: a suppress operation counts the
   * distinct magnitudes of weights.
   */
  round(value: number): number {
    return this.precision === "float32" ? Math.fround(value) : value;
  }

  /** The `count` floats at a pointer, as a view. */
  floatsAt(pointer: number, count: number): Floats {
    return this.#floats.subarray(pointer / 4, pointer / 4 + count);
  }

  /** The `count` int32 at a pointer, as a view. */
  intsAt(pointer: number, count: number): Int32Array {
    return this.#ints.subarray(pointer / 4, pointer / 4 + count);
  }

  /** The record of int32 at a pointer, by the names of its fields in order, such as `CONV_SHAPE`. */
  record<Name extends string>(pointer: number, names: readonly Name[]): Record<Name, number> {
    const values = this.intsAt(pointer, names.length);
    return Object.fromEntries(names.map((name, i) => [name, values[i]!])) as Record<Name, number>;
  }

  #grow(size: number): void {
    const separate = this.precision === "float64";
    let bytes: Uint8Array, floats: Floats;
    try {
      const buffer = new ArrayBuffer(size);
      bytes = new Uint8Array(buffer);
      floats = separate ? new Float64Array(size / 4) : new Float32Array(buffer);
    } catch (cause) {
      throw new RangeError(`this machine has no ${size} bytes for the memory; use smaller batches`, {
        cause,
      });
    }
    bytes.set(this.#bytes);
    if (separate) floats.set(this.#floats);
    this.#bytes = bytes;
    this.#ints = new Int32Array(bytes.buffer);
    this.#floats = floats;
  }
}
