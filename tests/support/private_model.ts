/** A small model that is trained privately, and what its steps spend: for the tests of its record. */
import {
  Dataset,
  dense,
  dpSgd,
  drawnDigits,
  epsilonOf,
  flatten,
  Model,
  type ModelOptions,
  openEngine,
  sequential,
  type TrainingData,
} from "../../mod.ts";

export const DELTA = 1e-4, NOISE = 1.3;
const engine = await openEngine({ engine: "wasm", threads: 1 });
const network = sequential([1, 12, 12], [flatten(), dense({ outputs: 10 })], { seed: 1 });
export const digits = drawnDigits(200), size = [12, 12] as const;
export const poisson = new Dataset(digits, { size, limit: 100, sampling: "poisson" });
export const shuffled = new Dataset(digits, { size, limit: 100 });
export const rule = dpSgd({ lr: 0.5, clip: 0.5, noiseMultiplier: NOISE, batchSize: 20 });
export const modelOf = (optimizer: ModelOptions["optimizer"] = rule) => new Model({ engine, network, optimizer });
export const options = { batchSize: 20 };

/** What so many steps spend of an epoch's 5 each. */
export const spending = (steps: number) =>
  epsilonOf({ samplingRate: 0.2, noiseMultiplier: NOISE, steps, delta: DELTA }).epsilon;
export const spent = (model: Model) => model.privacy({ delta: DELTA });

/** The data, and which batches of them were drawn, epoch by epoch. */
export function watched(data: Dataset): { readonly data: TrainingData; readonly drawn: string[] } {
  const drawn: string[] = [];
  const epoch = function* (epoch: number, batchSize: number) {
    const at = drawn.push("") - 1;
    for (const batch of data.epoch(epoch, batchSize)) {
      drawn[at] += `${batch};`;
      yield batch;
    }
  };
  const { source, size, scale, labels, sampling, samples } = data;
  return { drawn, data: { source, size, scale, labels, sampling, samples, batches: (b) => data.batches(b), epoch } };
}

/** Stops training after so many steps. */
export const stopAfter = (steps: number) => ({
  onStepEnd: ({ step }: { step: number }) => {
    if (step === steps) throw new Error("stop");
  },
});
