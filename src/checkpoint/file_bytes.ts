/**
 * What every reader of checkpoints asks of a file's bytes.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { fileKind } from "../checks/file_kind.ts";
import { CheckpointError } from "./errors.ts";

/** @throws {TypeError} if the bytes are no Uint8Array. */
export function checkBytes(bytes: Uint8Array): void {
  if (!isTypedArray("Uint8Array", bytes)) throw new TypeError("bytes must be a Uint8Array: the content of the file");
}

/**
 * Refuses the bytes of another kind of file.
 *
 * @param name what the kind is called
 * @throws {CheckpointError} that says what they are.
 */
export function checkKind(bytes: Uint8Array, id: "safetensors" | "mindspore", name: string, fileName: string): void {
  const kind = fileKind(bytes);
  if (kind && kind.id !== id) throw new CheckpointError(fileName, kind.what, `${name}: ${kind.advice}`);
}

/**
 * A text in UTF-8.
 *
 * @param what it is called
 * @throws {CheckpointError} if it is none.
 */
export function textIn(bytes: Uint8Array, what: string, expected: string, fileName: string): string {
  try {
    // Copied, since a TextDecoder refuses shared memory.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw new CheckpointError(fileName, `${what} that is not UTF-8`, expected, { cause });
  }
}
