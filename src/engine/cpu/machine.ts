/**
 * A machine is a linear memory and the kernels that work on it.
 *
 * @module
 */
import type { Kernels } from "./kernels.ts";

/**
 * A linear memory with its kernels. Views are replaced when the memory grows: take them afresh after every {@link
 * Machine.allocate}.
 */
export interface Machine {
  readonly kernels: Kernels;
  /** Threads that do a kernel's work: scratch must have room for each. */
  readonly threads: number;
  /** The memory as floats, indexed by pointer / 4. Float64 in the reference machine that checks gradients. */
  readonly floats: Float32Array | Float64Array;
  /** The memory as int32, indexed by pointer / 4. */
  readonly ints: Int32Array;
  /** The memory as bytes, indexed by pointer. */
  readonly bytes: Uint8Array;
  /**
   * A pointer to `bytes` bytes of zeros, 64-byte aligned; never freed but with the whole machine.
   *
   * @throws {RangeError} if the memory cannot grow so far.
   */
  allocate(bytes: number): number;
}
