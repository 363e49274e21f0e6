/**
 * The few parts of the protocol buffer wire format that MindSpore's checkpoints use: varints and length-delimited
 * fields.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */
import { CheckpointError } from "./errors.ts";

/** Wire types of a field. */
export const VARINT = 0;
/** A length and that many bytes: strings, bytes, messages, packed numbers. */
export const DELIMITED = 2;

/** A walk through the fields of one message; nothing is copied. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #at = 0;

  /** `file` is for messages. */
  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  /** Has the message come to its end? */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The bytes that are left, a view. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** The number and wire type of the next field. */
  tag(): { readonly field: number; readonly wireType: number } {
    const tag = this.varint();
    return { field: Math.floor(tag / 8), wireType: tag % 8 };
  }

  /**
   * An unsigned integer of at most 53 bits.
   *
   * @throws {CheckpointError} if it is larger or cut off.
   */
  varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) this.#fail("a number that is cut off", "more bytes; is the file whole?");
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 56) this.#fail("a number beyond 2^53", "a smaller one");
      if (byte < 128) return value;
    }
  }

  /**
   * The bytes of a length-delimited field, a view.
   *
   * @throws {CheckpointError} if they are cut off.
   */
  delimited(): Uint8Array {
    const length = this.varint();
    const left = this.#bytes.length - this.#at;
    if (length > left) {
      this.#fail(`a field of ${length} bytes`, `at most the ${left} that are left; is the file whole?`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #fail(found: string, expected: string): never {
    throw new CheckpointError(this.#file, found, expected);
  }
}
