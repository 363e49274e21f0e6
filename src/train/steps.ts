/**
 * How one call of `train` takes its steps.
 *
 * @module
 */
import type { Optimizer } from "../nn/mod.ts";
import { loadAccountant } from "./privacy_spent.ts";
import type { Steps } from "./run.ts";
import { samplesOf, type TrainingData } from "./training_data.ts";

/**
 * The steps of an optimizer; what those of differential privacy need is loaded when they are to be taken.
 *
 * @throws {TypeError} (as a rejection) if the data are not sampled as the optimizer wants it.
 * @throws {RangeError} (as a rejection) if the batches are not of the size for which the optimizer was made.
 */
export async function stepsOf(optimizer: Optimizer, data: TrainingData, batchSize: number): Promise<Steps> {
  const { kind } = optimizer;
  if (kind === "dpSgd") {
    const [{ privateSteps }] = await Promise.all([import("./private_steps.ts"), loadAccountant()]);
    return privateSteps(optimizer, data, batchSize, samplesOf);
  }
  if (data.sampling === "poisson") {
    throw new TypeError(`${kind} needs batches of equal size; \`sampling: "poisson"\` is for dpSgd`);
  }
  return {
    imagesAtOnce: batchSize,
    settings: { kind: "ordinary", optimizer: kind, batchSize, samples: samplesOf(data) },
    step(program, optimizer, indices, number) {
      program.load(data, indices);
      program.trainStep(optimizer, number);
    },
  };
}
