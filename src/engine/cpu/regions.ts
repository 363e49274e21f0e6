/**
 * Regions of a machine's memory that are given back and taken again; the machine itself frees nothing.
 *
 * @module
 */
import type { Machine } from "./machine.ts";

/** Bytes to which regions are aligned: those of {@link Machine.allocate}. */
const ALIGNMENT = 64;

/** The bytes that a region of so many takes up. */
export function regionBytes(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Regions by address: the first free one that is large enough is taken, and neighbours that are free become one. */
export class Regions {
  readonly #machine: Machine;
  /** In the order of their addresses; no two touch. */
  #free: { readonly start: number; readonly end: number }[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /**
   * A pointer to `bytes` bytes of anything, 64-byte aligned.
   *
   * @throws {RangeError} if the memory cannot grow so far.
   */
  take(bytes: number): number {
    const size = regionBytes(bytes), at = this.#free.findIndex(({ start, end }) => end - start >= size);
    if (at < 0) return this.#machine.allocate(size);
    const { start, end } = this.#free[at]!;
    this.#free.splice(at, 1, ...(end - start > size ? [{ start: start + size, end }] : []));
    return start;
  }

  /** Gives a region back, or an aligned part of one. */
  give(pointer: number, bytes: number): void {
    let start = pointer, end = pointer + regionBytes(bytes);
    if (start === end) return;
    const others = this.#free.filter((other) => {
      if (other.end === start) start = other.start;
      else if (other.start === end) end = other.end;
      else return true;
      return false;
    });
    this.#free = [...others, { start, end }].sort((a, b) => a.start - b.start);
  }
}
