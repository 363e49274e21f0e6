/**
 * Steps of differentially private training. Loaded when the first of them is to be taken.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { Program } from "../engine/engine.ts";
import type { DpSgd } from "../nn/mod.ts";
import type { TrainingData } from "./training_data.ts";

/** Takes the steps of one call of `train`. */
export class PrivateSteps {
  readonly #program: Program;
  readonly #data: TrainingData;
  /** At which step an image was drawn last: none may be drawn twice in one. */
  readonly #drawnAt: Int32Array;
  #steps = 0;
  #drawn = 0;

  /** @param program its batch size is that of the parts in which batches are done */
  constructor(program: Program, data: TrainingData) {
    this.#program = program;
    this.#data = data;
    this.#drawnAt = new Int32Array(data.source.count);
  }

  /**
   * Looks at the whole batch before anything is computed: an error in the midst of it would leave a part of it in the
   * sums.
   *
   * @throws {RangeError} if an index is none of the data's or comes twice, or if far more images were drawn than the
   * sampling rate allows.
   */
  #check(examples: readonly number[], batchSize: number): void {
    const { count } = this.#data.source;
    this.#steps++;
    const what = `an index of batch ${this.#steps}`;
    for (const index of examples) {
      integer(what, index, 0, count - 1, ", the images of the data");
      if (this.#drawnAt[index] === this.#steps) {
        throw new RangeError(
          `image ${index} is twice in batch ${this.#steps}; by Poisson sampling it takes part once or not at all`,
        );
      }
      this.#drawnAt[index] = this.#steps;
    }
    this.#drawn += examples.length;
    // Ten standard deviations: true Poisson samples are never that many.
    const expected = this.#steps * batchSize, most = expected + 10 * Math.sqrt(expected) + 10;
    if (this.#drawn > most) {
      throw new RangeError(
        `the data say their sampling is "poisson", but drew ${this.#drawn} images in ${this.#steps} batches where ` +
          `${expected} are expected: an example takes part more often than batchSize / samples says`,
      );
    }
  }

  /**
   * One step on the given images, which may be none: then it is one of noise.
   *
   * @param number of the step: noise and dropout draw anew for each
   */
  step(optimizer: DpSgd, indices: ArrayLike<number>, number: number): void {
    const examples = Array.from(indices), program = this.#program;
    this.#check(examples, optimizer.batchSize);
    for (let first = 0; first < examples.length; first += program.batchSize) {
      program.load(this.#data, examples.slice(first, first + program.batchSize));
      program.clippedGradients(optimizer.clip, number);
    }
    program.parameters.update(optimizer, number);
  }
}
