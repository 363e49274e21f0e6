/**
 * What a model has been through once it took everything from a checkpoint. Loaded when one is first restored.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { recordFault, type TrainingRecord, type TrainingStretch } from "../checkpoint/record.ts";
import { joined } from "./join_records.ts";

/** @throws {RangeError} if the record says what cannot be. */
export function judgeRecord(record: TrainingRecord | undefined): void {
  const fault = record && recordFault(record);
  if (fault) throw new RangeError(`the checkpoint has ${fault.found}; expected ${fault.expected}`);
}

/** The record of a model that has `own` and takes parameters and steps from a checkpoint: see `Model.restore`. */
export function restoredRecord(own: TrainingRecord, { record, step }: Checkpoint, publicData: boolean): TrainingRecord {
  // Of old files nothing is known. An epoch has at least one step, so no epoch beyond their number was begun.
  const { epochs, stretches } = record ?? { epochs: step, stretches: [{ kind: "unknown", steps: step }] as const };
  const vouched = stretches.map((stretch): TrainingStretch =>
    publicData && stretch.kind !== "private" ? { ...stretch, publicData } : stretch
  );
  return { epochs: Math.max(own.epochs, epochs), stretches: joined(own.stretches, vouched) };
}
