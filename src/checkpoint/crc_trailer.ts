/**
 * The trailer that MindSpore's `save_checkpoint(..., crc_check=True)` writes behind the message: "crc_num", then the
 * CRC-32 of all bytes before as a big-endian integer of 10 bytes.
 *
 * @module
 */
import { crc32 } from "../checks/crc32.ts";
import { CheckpointError, ChecksumError } from "./errors.ts";

const MAGIC = /* @__PURE__ */ new TextEncoder().encode("crc_num");
const NUMBER_BYTES = 10;
/** Bytes of a trailer. */
const LENGTH = 17;

const hex = (crc: number) => crc.toString(16).padStart(8, "0");

/** Does the file end in a whole trailer? */
export function hasTrailer(bytes: Uint8Array): boolean {
  return bytes.length >= LENGTH && MAGIC.every((byte, i) => bytes[bytes.length - LENGTH + i] === byte);
}

/**
 * The bytes before the trailer, or all if there is none.
 *
 * @throws {ChecksumError} if the sum is not that of the bytes.
 */
export function withoutTrailer(bytes: Uint8Array, fileName: string): Uint8Array {
  if (!hasTrailer(bytes)) return bytes;
  const number = bytes.subarray(bytes.length - NUMBER_BYTES), before = bytes.subarray(0, bytes.length - LENGTH);
  let promised = 0;
  for (const byte of number) promised = promised * 256 + byte;
  const found = crc32(0, before);
  if (promised !== found) throw new ChecksumError(fileName, hex(found), hex(promised));
  return before;
}

/** @throws {CheckpointError} if what follows the last field is a part of a trailer, or more than one. */
export function refuseBrokenTrailer(rest: Uint8Array, fileName: string): void {
  const common = Math.min(rest.length, MAGIC.length);
  if (common === 0 || !MAGIC.subarray(0, common).every((byte, i) => rest[i] === byte)) return;
  const found = `${rest.length} bytes of a checksum, "crc_num" and a number`;
  throw new CheckpointError(fileName, found, `${LENGTH}; the file is cut off, or something follows it`);
}
