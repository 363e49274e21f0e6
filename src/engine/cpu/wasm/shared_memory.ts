/**
 * The kernels over a shared memory: the same module, but that it imports its memory instead of making it.
 *
 * Format: https://webassembly.github.io/spec/core/binary/modules.html
 *
 * @module
 */
import { IMPORTS, MEMORIES, moduleOf, number, readNumber, type Section, sectionsOf, TYPES } from "./binary.ts";

/** Pages of 64 KiB that the memory may grow to: 4 GiB. */
const MAXIMUM_PAGES = 65536;

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
  const sections = sectionsOf(bytes);
  // One memory: its count, flags, and the least number of pages.
  const [pages] = readNumber(new Map(sections).get(MEMORIES)!, 2);
  const shared = [0x02, 0x03, ...number(pages), ...number(MAXIMUM_PAGES)];
  const imports: Section = [IMPORTS, Uint8Array.of(1, ...text("env"), ...text("memory"), ...shared)];
  const module = sections.flatMap((section): Section[] => {
    if (section[0] === MEMORIES) return [];
    // Behind the types, in front of all else.
    return section[0] === TYPES ? [section, imports] : [section];
  });
  return { bytes: moduleOf(module), pages };
}

/** A new shared memory for such a module. */
export function sharedMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
}
