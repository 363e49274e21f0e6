/**
 * Shuffling a stream through a buffer, as tf.data and MindSpore do.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { Random } from "../random/threefry.ts";

/**
 * The numbers 0 to `count` - 1 in shuffled order: a buffer is filled with the first `size` of them; then one of the
 * buffer is drawn at random and its place taken by the next number of the stream, until both are empty. So number `i`
 * never comes before position `i - size + 1`, and a buffer of `count` shuffles completely, every order being equally
 * likely. A size of 0 or 1 keeps the order.
 *
 * @example
 * ```ts
 * import { Random } from "@tacet/tacet";
 * import { ShuffleBuffer } from "./shuffle.ts";
 * const shuffled = new ShuffleBuffer(5, 3, new Random(1));
 * for (let n = shuffled.next(); n >= 0; n = shuffled.next()) console.log(n);
 * ```
 */
export class ShuffleBuffer {
  readonly #count: number;
  readonly #buffer: Int32Array;
  readonly #random: Random;
  #filled: number;
  #streamed: number;

  /**
   * `count` and `size` are integers from 0 to 2^31 - 1. No more than `count` places are allocated.
   *
   * @throws {RangeError} if they are not.
   */
  constructor(count: number, size: number, random: Random) {
    for (const [name, value] of Object.entries({ count, size })) integer(name, value, 0, 2 ** 31 - 1);
    this.#count = count;
    this.#random = random;
    this.#filled = this.#streamed = Math.min(count, Math.max(1, size));
    this.#buffer = Int32Array.from({ length: this.#filled }, (_, i) => i);
  }

  /** The next number, or -1 when all have been drawn. */
  next(): number {
    if (this.#filled === 0) return -1;
    // With one place there is nothing to choose; no draw is wasted on it.
    const place = this.#filled === 1 ? 0 : this.#random.integer(this.#filled);
    const drawn = this.#buffer[place]!;
    this.#buffer[place] = this.#streamed < this.#count ? this.#streamed++ : this.#buffer[--this.#filled]!;
    return drawn;
  }
}
