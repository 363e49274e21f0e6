/**
 * How data are sampled, and the conditions under which differentially private training is what the accountant counts.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { Optimizer } from "../nn/mod.ts";
import type { TrainingData } from "./training_data.ts";

/**
 * Images that differentially private training takes at once: enough to fill the vectors, few enough to stay in the
 * cache.
 */
export const PRIVATE_IMAGES_AT_ONCE = 32;

/** How many different images may take part in training. */
export function samplesOf({ samples, source }: TrainingData): number {
  const count = integer("the data's source.count", source.count);
  return samples === undefined ? count : integer("the data's samples", samples, 1, count, ", its images");
}

/**
 * Differential privacy's accounting holds only for training that is arranged as it says.
 *
 * @throws {TypeError} if the data are not sampled as the optimizer wants it.
 * @throws {RangeError} if the batches are not of the size for which the optimizer was made.
 */
export function checkPrivacy(optimizer: Optimizer, data: TrainingData, batchSize: number): void {
  const isPrivate = optimizer.kind === "dpSgd", { sampling } = data;
  if (isPrivate && sampling !== "poisson") {
    throw new TypeError('dpSgd needs Poisson sampling: make the Dataset with `sampling: "poisson"`');
  }
  if (!isPrivate && sampling === "poisson") {
    throw new TypeError(`${optimizer.kind} needs batches of equal size; \`sampling: "poisson"\` is for dpSgd`);
  }
  if (isPrivate && optimizer.batchSize !== batchSize) {
    throw new RangeError(
      `batchSize is ${batchSize}, but the optimizer was made for batchSize ${optimizer.batchSize}`,
    );
  }
  if (isPrivate) samplesOf(data);
}
