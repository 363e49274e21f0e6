/**
 * What makes up for the zeros from which Adam's two means began.
 *
 * @module
 */

/** The scales of the means, step by step: 1 / (1 - beta^steps). */
export class AdamScales {
  #steps = 0;
  /** How many steps the powers hold: the betas to this number. */
  #powers = 0;
  #power1 = 1;
  #power2 = 1;

  /** Those of the next step. */
  next(beta1: number, beta2: number): readonly [number, number] {
    this.#steps++;
    // One factor a step, but for the first after some were taken back: then anew for those that are left.
    for (; this.#powers < this.#steps; this.#powers++) {
      this.#power1 *= beta1;
      this.#power2 *= beta2;
    }
    return [1 / (1 - this.#power1), 1 / (1 - this.#power2)];
  }

  /** Goes back so many steps; by default to the beginning. */
  takeBack(steps = Infinity): void {
    this.#steps = Math.max(0, this.#steps - steps);
    this.#powers = 0;
    this.#power1 = this.#power2 = 1;
  }
}
