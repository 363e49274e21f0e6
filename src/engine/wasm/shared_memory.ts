/**
 * The kernels over a shared memory: the same module, but that it imports its memory instead of making it.
 *
 * Format: https://webassembly.github.io/spec/core/binary/modules.html
 *
 * @module
 */
import { readNumber } from "./changes.ts";

const IMPORT_SECTION = 2, MEMORY_SECTION = 5, HEADER_BYTES = 8;

/** Pages of 64 KiB that the memory may grow to: 4 GiB. */
const MAXIMUM_PAGES = 65536;

function number(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push(value & 0x7f | 0x80);
  return [...bytes, value];
}

function text(value: string): number[] {
  return [value.length, ...new TextEncoder().encode(value)];
}

/**
 * A module's bytes, changed to import a shared memory as `env.memory`.
 *
 * @param bytes a module that has one memory and no imports
 * @returns the bytes and the number of pages the memory must have at first
 */
export function importingSharedMemory(bytes: Uint8Array): { bytes: Uint8Array<ArrayBuffer>; pages: number } {
  const sections: { id: number; from: number; to: number; body: number }[] = [];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const [size, body] = readNumber(bytes, at + 1);
    sections.push({ id: bytes[at]!, from: at, to: body + size, body });
    at = body + size;
  }
  const memory = sections.find(({ id }) => id === MEMORY_SECTION)!;
  // One memory: its count, flags, and the least number of pages.
  const [pages] = readNumber(bytes, memory.body + 2);
  const shared = [0x02, 0x03, ...number(pages), ...number(MAXIMUM_PAGES)];
  const imports = [1, ...text("env"), ...text("memory"), ...shared];
  const parts = [[...bytes.subarray(0, HEADER_BYTES)]];
  for (const { id, from, to } of sections) {
    if (id === MEMORY_SECTION) continue;
    parts.push([...bytes.subarray(from, to)]);
    // Behind the types, in front of all else.
    if (id === 1) parts.push([IMPORT_SECTION, ...number(imports.length), ...imports]);
  }
  return { bytes: Uint8Array.from(parts.flat()), pages };
}

/** A new shared memory for such a module. */
export function sharedMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
}
