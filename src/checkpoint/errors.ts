/**
 * What is said of a file that is not what it should be.
 *
 * @module
 */

/**
 * A checkpoint file is damaged, of another kind or written by a newer version. The message is one line: which file,
 * what was found in it, what was expected.
 *
 * @example
 * ```ts
 * import { CheckpointError, decodeCheckpoint } from "@tacet/tacet";
 * try {
 *   decodeCheckpoint(new Uint8Array(3), "lenet5.safetensors");
 * } catch (error) {
 *   if (!(error instanceof CheckpointError)) throw error;
 *   console.log(error.message);
 * }
 * ```
 */
export class CheckpointError extends Error {
  /** "CheckpointError", or the name of the kind of it. */
  override readonly name: string = "CheckpointError";
  /** The file's name as the caller gave it. */
  readonly file: string;
  /** What was found. */
  readonly found: string;
  /** What was expected in its place. */
  readonly expected: string;

  /** Puts the three together as "file: found ...; expected ...". */
  constructor(file: string, found: string, expected: string, options?: ErrorOptions) {
    super(`${file}: found ${found}; expected ${expected}`, options);
    this.file = file;
    this.found = found;
    this.expected = expected;
  }
}

/**
 * The checksum at the end of a MindSpore checkpoint is not that of its bytes: the file was damaged.
 *
 * @example
 * ```ts
 * import { ChecksumError, decodeCheckpoint } from "@tacet/tacet";
 * const trailer = new TextEncoder().encode("crc_num\0\0\0\0\0\0\0\0\0\x01");
 * try {
 *   decodeCheckpoint(Uint8Array.of(0x0a, 0, ...trailer), "lenet5.ckpt");
 * } catch (error) {
 *   if (!(error instanceof ChecksumError)) throw error;
 *   console.log(error.message);
 * }
 * ```
 */
export class ChecksumError extends CheckpointError {
  /** Always "ChecksumError". */
  override readonly name = "ChecksumError";

  /** Both sums in hexadecimal. */
  constructor(file: string, found: string, expected: string) {
    super(file, `bytes whose checksum (CRC-32) is ${found}`, `${expected}, as its end says; fetch or copy it again`);
  }
}

/** Text from a file in quotes, for messages: control characters escaped, cut at 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
