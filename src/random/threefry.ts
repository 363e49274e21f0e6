/**
 * The one source of chance: Threefry-2x32 with 20 rounds, a counter-based generator. Draw number `i` of stream `(seed,
 * stream)` is a pure function of the three, so every engine, runtime and number of threads draws the same bits, in any
 * order.
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @module
 */

const PARITY = 0x1bd11bda;
const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]] as const;

/**
 * One block of Threefry-2x32-20: two 32-bit words from a key of two and a counter of two, written to `out` as unsigned
 * integers.
 *
 * @example
 * ```ts
 * import { threefry2x32 } from "@tacet/tacet";
 * const out = new Uint32Array(2);
 * threefry2x32(0, 0, 0, 0, out);
 * console.log(out[0]!.toString(16), out[1]!.toString(16)); // 6b200159 99ba4efe
 * ```
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number, out: Uint32Array): void {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const rotation of ROTATIONS[group & 1]!) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    x0 = (x0 + keys[(group + 1) % 3]!) | 0;
    x1 = (x1 + keys[(group + 2) % 3]! + group + 1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/**
 * A seeded sequence of draws for code that runs once, not per step: shuffles, pen strokes. The same seed and stream
 * give the same sequence everywhere.
 *
 * @example
 * ```ts
 * import { Random } from "@tacet/tacet";
 * const random = new Random(1, 0);
 * console.log(random.uniform(), random.integer(10));
 * ```
 */
export class Random {
  readonly #seed: number;
  readonly #stream: number;
  readonly #block = new Uint32Array(2);
  #draws = 0;

  /** `seed` and `stream` are unsigned 32-bit integers (taken modulo 2^32); streams of one seed are independent. */
  constructor(seed: number, stream = 0) {
    this.#seed = seed | 0;
    this.#stream = stream | 0;
  }

  /** The next 32 random bits, as an unsigned integer. */
  bits(): number {
    threefry2x32(this.#seed, this.#stream, this.#draws | 0, Math.floor(this.#draws / 2 ** 32), this.#block);
    this.#draws++;
    return this.#block[0]!;
  }

  /** The next number from [low, high), 32 bits fine. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32);
  }

  /** The next integer from 0 to `limit` - 1, without bias. `limit` is an integer from 1 to 2^32. */
  integer(limit: number): number {
    const unbiased = 2 ** 32 - (2 ** 32 % limit);
    let bits = this.bits();
    while (bits >= unbiased) bits = this.bits();
    return bits % limit;
  }

  /**
   * The next draw from about the standard normal: the sum of twelve uniforms minus six (Irwin-Hall), which needs
   * neither logarithm nor cosine and is therefore the same to the last bit in every JavaScript engine. Its tails end at
   * six.
   */
  roughNormal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }
}
