/**
 * Steps of differentially private training. Loaded when the first of them is to be taken.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { DpSgd } from "../nn/mod.ts";
import { markOf } from "./mark.ts";
import type { Steps } from "./run.ts";
import type { TrainingData } from "./training_data.ts";

/** Images taken at once: enough to fill the vectors, few enough to stay in the cache. */
const AT_ONCE = 32;

/**
 * Looks at whole batches before anything is computed: an error in the midst of one would leave a part of it in the
 * sums.
 */
function batchCheck({ source: { count } }: TrainingData, batchSize: number): (examples: readonly number[]) => void {
  /** At which step an image was drawn last: none may be drawn twice in one. */
  const drawnAt = new Int32Array(count);
  let steps = 0, drawn = 0;
  return (examples) => {
    steps++;
    const what = `an index of batch ${steps}`;
    for (const index of examples) {
      integer(what, index, 0, count - 1, ", the images of the data");
      if (drawnAt[index] === steps) {
        throw new RangeError(
          `image ${index} is twice in batch ${steps}; by Poisson sampling it takes part once or not at all`,
        );
      }
      drawnAt[index] = steps;
    }
    drawn += examples.length;
    // Ten standard deviations: true Poisson samples are never that many.
    const expected = steps * batchSize, most = expected + 10 * Math.sqrt(expected) + 10;
    if (drawn > most) {
      throw new RangeError(
        `the data say their sampling is "poisson", but drew ${drawn} images in ${steps} batches where ` +
          `${expected} are expected: an example takes part more often than batchSize / samples says`,
      );
    }
  };
}

/**
 * Differential privacy's accounting holds only for training that is arranged as it says.
 *
 * @throws {TypeError} if the data are not sampled as the optimizer wants it.
 * @throws {RangeError} if the batches are not of the size for which the optimizer was made.
 */
export function privateSteps(
  { batchSize, noiseMultiplier, clip }: DpSgd,
  data: TrainingData,
  given: number,
  samplesOf: (data: TrainingData) => number,
): Steps {
  if (data.sampling !== "poisson") {
    throw new TypeError('dpSgd needs Poisson sampling: make the Dataset with `sampling: "poisson"`');
  }
  if (batchSize !== given) {
    throw new RangeError(`batchSize is ${given}, but the optimizer was made for batchSize ${batchSize}`);
  }
  const samples = samplesOf(data), samplingRate = Math.min(1, batchSize / samples);
  const check = batchCheck(data, batchSize);
  return {
    // Batches by Poisson sampling are of any size, also empty: they are done in parts.
    imagesAtOnce: Math.min(batchSize, AT_ONCE),
    settings: { kind: "private", samplingRate, noiseMultiplier, clip, batchSize, samples, mark: "" },
    step(program, optimizer, indices, number) {
      const examples = Array.from(indices);
      check(examples);
      for (let first = 0; first < examples.length; first += program.batchSize) {
        program.load(data, examples.slice(first, first + program.batchSize));
        program.clippedGradients(clip, number);
      }
      program.parameters.update(optimizer, number);
    },
    markOf,
  };
}
