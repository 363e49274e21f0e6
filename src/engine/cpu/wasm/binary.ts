/**
 * The binary format of a WebAssembly module: its sections and numbers.
 *
 * Format: https://webassembly.github.io/spec/core/binary/modules.html
 *
 * @module
 */

/** Magic and version, in front of the first section. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The sections that somebody here reads or writes. */
export const TYPES = 1, IMPORTS = 2, FUNCTIONS = 3, MEMORIES = 5, CODE = 10;

/** A section: its number and its contents. */
export type Section = readonly [id: number, contents: Uint8Array];

/** An unsigned LEB128 number at `at`: its value and where the next byte is. */
export function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0, shift = 0, byte = 0x80;
  for (; byte & 0x80; shift += 7) {
    byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
  }
  return [value, at];
}

/** A number as unsigned LEB128. */
export function number(value: number): number[] {
  return value > 0x7f ? [value & 0x7f | 0x80, ...number(value >>> 7)] : [value];
}

/** The sections of a module, in order. */
export function sectionsOf(module: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = HEADER.length, size; at < module.length; at += size) {
    const id = module[at]!;
    [size, at] = readNumber(module, at + 1);
    sections.push([id, module.subarray(at, at + size)]);
  }
  return sections;
}

/** Bytes one behind the other. */
export function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The module that has these sections. */
export function moduleOf(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  return joined([HEADER, ...sections.flatMap(([id, contents]) => [[id, ...number(contents.length)], contents])]);
}
