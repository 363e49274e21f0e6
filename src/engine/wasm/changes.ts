/**
 * A module's bytes as hexadecimal text, and one module as changes to another: of two builds of the same kernels the second takes a twentieth of the room. Hexadecimal, since text that is compressed on its way
 * packs better if each byte is the same characters wherever it stands.
 *
 * @module
 */

/** The value of a hexadecimal digit's character code. */
function digit(code: number): number {
  return (code & 15) + 9 * (code >> 6);
}

/** The bytes of hexadecimal text. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * digit(text.charCodeAt(2 * i)) + digit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** An unsigned LEB128 number at `at`: its value and where the next byte is. */
export function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0, shift = 0, byte = 0x80;
  for (; byte & 0x80; shift += 7) {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
  }
  return [value, at];
}

/**
 * The bytes that come of changing `old`. The changes are pairs: a number of new bytes and these; then a number of bytes to copy from `old`, and how far from the end of the last copy they begin (twice the distance, or
 * twice the distance back less 1). Numbers are LEB128.
 */
export function changed(old: Uint8Array, changes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let at = 0, from = 0, count = 0, distance = 0;
  while (at < changes.length) {
    [count, at] = readNumber(changes, at);
    for (const end = at + count; at < end; at++) bytes.push(changes[at]!);
    if (at === changes.length) break;
    [count, at] = readNumber(changes, at);
    [distance, at] = readNumber(changes, at);
    from += distance & 1 ? -(distance + 1) / 2 : distance / 2;
    for (const end = from + count; from < end; from++) bytes.push(old[from]!);
  }
  return Uint8Array.from(bytes);
}
