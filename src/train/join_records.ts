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
 * What a model has seen that has `own` on record and takes the parameters of a checkpoint with `other`: all of both,
 * but what both have only once, and of two stretches that began as the same training the longer one. So there are never
 * fewer steps than in either.
 */
export function joined(own: readonly TrainingStretch[], other: readonly TrainingStretch[]): TrainingStretch[] {
  const all = [...own], matched = new Set<number>();
  for (const stretch of other) {
    const at = own.findIndex((one, i) => !matched.has(i) && beganAlike(one, stretch));
    if (at < 0) all.push(stretch);
    else {
      matched.add(at);
      if (stretch.steps > own[at]!.steps) all[at] = stretch;
    }
  }
  return all;
}
