/**
 * Texts as `append_dict` leaves them in a MindSpore checkpoint: those of NumPy.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";

/**
 * A text of 4 little-endian bytes a character, zeros behind its end.
 *
 * @throws {CheckpointError} if the bytes are no characters.
 */
export function textOf(name: string, bytes: Uint8Array, fileName: string): string {
  const { buffer, byteOffset, byteLength } = bytes, view = new DataView(buffer, byteOffset, byteLength);
  let text = "", end = byteLength;
  while (end >= 4 && end % 4 === 0 && view.getUint32(end - 4, true) === 0) end -= 4;
  for (let at = 0; at < end; at += 4) {
    const code = byteLength - at < 4 ? Infinity : view.getUint32(at, true);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw new CheckpointError(fileName, `text ${quote(name)} of ${byteLength} bytes`, "UTF-32, 4 bytes a character");
    }
    text += String.fromCodePoint(code);
  }
  return text;
}
