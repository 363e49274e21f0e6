/** Damage to the bytes of checkpoints, and what may come of reading them. */
import { CheckpointError } from "../../src/checkpoint/errors.ts";

/** A copy with other bytes at those places, counted on from the beginning where they lie beyond the end. */
export function changed(bytes: Uint8Array, changes: readonly (readonly [at: number, byte: number])[]): Uint8Array {
  const copy = bytes.slice();
  for (const [at, byte] of changes) copy[at % copy.length] = byte;
  return copy;
}

/** The same function without a result: bad bytes may make it throw a CheckpointError, and nothing else. */
export function onlyCheckpointErrors(decode: (bytes: Uint8Array) => unknown): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  };
}
