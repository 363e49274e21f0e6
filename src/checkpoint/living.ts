/**
 * A masked parameter stored as its living weights only: their values in row-major order, and for every weight a bit
 * that tells whether it lives.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";
import { elementCount } from "./tensor.ts";

/**
 * The living weights, and bit `i % 8` of byte `i / 8` for weight i: 1 where it lives. Spare bits of the last byte are
 * 0.
 */
export interface LivingWeights {
  /** The values of the weights that live, in row-major order. */
  readonly values: Float32Array;
  /** The bits. */
  readonly bits: Uint8Array;
}

/** Elements that a stored parameter may unpack to: 1 GiB of float32. A few bytes of file must not fill the memory. */
const MOST_ELEMENTS = 2 ** 28;

/**
 * Leaves out what the mask suppresses.
 *
 * @throws {RangeError} if a suppressed weight is not 0: it would be lost.
 */
export function packLiving(name: string, data: Float32Array, mask: Uint8Array): LivingWeights {
  const values = new Float32Array(mask.reduce((sum, kept) => sum + kept, 0)),
    bits = new Uint8Array(Math.ceil(data.length / 8));
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (mask[i]) {
      values[count++] = data[i]!;
      bits[i >> 3]! |= 1 << (i & 7);
    } else if (data[i] !== 0) {
      throw new RangeError(
        `parameter ${quote(name)} is ${data[i]} at ${i}, where its mask is 0: the storage "living" would lose it`,
      );
    }
  }
  return { values, bits };
}

/**
 * The whole parameter and its mask.
 *
 * @throws {CheckpointError} if there are not as many bits as weights or not as many values as bits that are 1, a spare
 * bit is 1, or the parameter would be larger than 1 GiB.
 */
export function unpackLiving(
  name: string,
  { values, bits }: LivingWeights,
  shape: readonly number[],
  fileName: string,
): { readonly data: Float32Array; readonly mask: Uint8Array } {
  const count = elementCount(shape), what = `parameter ${quote(name)} of shape [${shape.join(", ")}]`;
  if (count === undefined || count > MOST_ELEMENTS) {
    throw new CheckpointError(fileName, what, `at most ${MOST_ELEMENTS} elements`);
  }
  if (bits.length !== Math.ceil(count / 8)) {
    throw new CheckpointError(fileName, `${what} with ${bits.length} bytes of bits`, `${Math.ceil(count / 8)}`);
  }
  const data = new Float32Array(count), mask = new Uint8Array(count);
  let living = 0;
  for (let i = 0; i < 8 * bits.length; i++) {
    if (!(bits[i >> 3]! >> (i & 7) & 1)) continue;
    if (i >= count) throw new CheckpointError(fileName, `${what} with a bit for weight ${i}`, `${count} weights`);
    mask[i] = 1;
    data[i] = values[living++] ?? 0;
  }
  if (living !== values.length) {
    throw new CheckpointError(fileName, `${what} with ${values.length} living weights`, `${living}, as its bits say`);
  }
  return { data, mask };
}
