/**
 * Adam as gradient inversion uses it, over the pixels of images.
 *
 * @module
 */

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/**
 * Adam with its moments. It may see only the signs of the derivative: those of matched gradients span many powers of
 * ten.
 */
export class SignedAdam {
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  readonly #signed: boolean;
  /** How much of the moments the first steps still lack: beta^t. */
  #power1 = 1;
  #power2 = 1;

  constructor(values: number, signed: boolean) {
    this.#mean = new Float64Array(values);
    this.#squares = new Float64Array(values);
    this.#signed = signed;
  }

  /** Moves x against the derivative, by about `rate` at first, within the bound. */
  step(x: Float32Array, derivative: Float32Array, rate: number, [low, high]: readonly [number, number]): void {
    const mean = this.#mean, squares = this.#squares;
    this.#power1 *= BETA1;
    this.#power2 *= BETA2;
    const scale = rate / (1 - this.#power1), lack = 1 / (1 - this.#power2);
    for (let i = 0; i < x.length; i++) {
      const slope = this.#signed ? Math.sign(derivative[i]!) : derivative[i]!;
      mean[i] = BETA1 * mean[i]! + (1 - BETA1) * slope;
      squares[i] = BETA2 * squares[i]! + (1 - BETA2) * slope * slope;
      const moved = x[i]! - scale * mean[i]! / (Math.sqrt(squares[i]! * lack) + EPSILON);
      x[i] = Math.min(high, Math.max(low, moved));
    }
  }
}
