/**
 * Two training records as one that loses no spending.
 *
 * @module
 */
import type { TrainingStretch } from "../checkpoint/record.ts";

/** Whether two stretches began as the same training: then the shorter is the beginning of the longer. */
function beganAlike(a: TrainingStretch, b: TrainingStretch): boolean {
  if (a.kind === "private" && b.kind === "private") {
    // Settings alone prove nothing: two trainings may have the same. The parameters behind the first step do.
    return a.mark !== "" && a.mark === b.mark && a.samplingRate === b.samplingRate && a.clip === b.clip &&
      a.noiseMultiplier === b.noiseMultiplier && a.batchSize === b.batchSize && a.samples === b.samples;
  }
  if (a.kind === "ordinary" && b.kind === "ordinary") {
    return a.optimizer === b.optimizer && a.batchSize === b.batchSize && a.samples === b.samples &&
      a.publicData === b.publicData;
  }
  return a.kind === "unknown" && b.kind === "unknown" && a.steps === b.steps && a.publicData === b.publicData;
}

/**
 * What a model has seen that has `own` on record and takes the parameters of a checkpoint with `other`: the longer of the two if the shorter is its beginning, else all of `own` and what `other` has beyond their common
 * beginning.
 */
export function joined(own: readonly TrainingStretch[], other: readonly TrainingStretch[]): TrainingStretch[] {
  let same = 0;
  const isSame = (a?: TrainingStretch, b?: TrainingStretch) => a && b && beganAlike(a, b) && a.steps === b.steps;
  while (isSame(own[same], other[same])) same++;
  const a = own[same], b = other[same];
  if (!a || !b || !beganAlike(a, b)) return [...own, ...other.slice(same)];
  if (a.steps < b.steps && same === own.length - 1) return [...other];
  const beyond = b.steps > a.steps ? [{ ...b, steps: b.steps - a.steps }] : [];
  return [...own, ...beyond, ...other.slice(same + 1)];
}
