/**
 * A machine at which kernels are carried out one after the other, each on what the last one wrote: for what must agree
 * within one machine.
 */
import { referenceMachine } from "../../src/engine/cpu/reference/machine.ts";
import type { Kernels } from "../../src/engine/cpu/kernels.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { assert } from "#std/assert";
import { MACHINES } from "./kernel_harness.ts";

/** A quiet NaN, so that what no kernel wrote spoils what is computed from it. */
const BLANK = 0x7fc5a5a5;
/** Room between two tensors, in bytes. */
const GAP = 64;

/** A machine and a block of its memory that every case uses anew. */
export class Desk {
  #block = { pointer: 0, bytes: 0 };
  #end = 0;
  /** The words between tensors, from and to: no kernel may write there. */
  #gaps: [from: number, to: number][] = [];

  readonly name: string;
  readonly machine: Machine;

  constructor(name: string, machine: Machine) {
    this.name = name;
    this.machine = machine;
  }

  get kernels(): Kernels {
    return this.machine.kernels;
  }

  /** Makes all room free again. */
  clear(): void {
    this.#end = 0;
    this.#gaps = [];
  }

  /** Throws if a kernel wrote behind a tensor, or between a tensor and the multiple of 16 in front of it. */
  checkGaps(): void {
    const { ints } = this.machine;
    for (const [from, to] of this.#gaps) {
      for (let i = from; i < to; i++) {
        assert(ints[i] === BLANK, () => `a kernel on ${this.name} wrote ${ints[i]} where it must not: word ${i}`);
      }
    }
  }

  /** A pointer to room for so many words, `offset` bytes from a multiple of 16. */
  room(words: number, offset = 0): number {
    const bytes = Math.ceil((offset + 4 * words + GAP) / 16) * 16;
    if (this.#end + bytes > this.#block.bytes) {
      const size = Math.max(2 * this.#block.bytes, bytes, 1 << 20);
      this.#block = { pointer: this.machine.allocate(size), bytes: size };
      this.#end = 0;
    }
    const pointer = this.#block.pointer + this.#end;
    this.machine.ints.fill(BLANK, pointer / 4, (pointer + bytes) / 4);
    this.#gaps.push([pointer / 4, (pointer + offset) / 4]);
    this.#gaps.push([(pointer + offset) / 4 + words, (pointer + bytes) / 4]);
    this.#end += bytes;
    return pointer + offset;
  }

  /** A pointer to a copy of the values. */
  put(values: Float32Array | Int32Array, offset = 0): number {
    const pointer = this.room(values.length, offset);
    if (values instanceof Float32Array) this.machine.floats.set(values, pointer / 4);
    else this.machine.ints.set(values, pointer / 4);
    return pointer;
  }

  /** A copy of all that is in use of the block. */
  contents(): Int32Array {
    return this.ints(this.#block.pointer, this.#end / 4);
  }

  /** A copy of the floats at a pointer. */
  floats(pointer: number, count: number): Float32Array {
    return Float32Array.from(this.machine.floats.subarray(pointer / 4, pointer / 4 + count));
  }

  /** A copy of the int32, or of the bits of floats, at a pointer. */
  ints(pointer: number, count: number): Int32Array {
    return this.machine.ints.slice(pointer / 4, pointer / 4 + count);
  }
}

/** The desks of the machines under test: every build that this runtime can run. */
export const DESKS: readonly Desk[] = MACHINES.map(([name, machine]) => new Desk(name, machine));
/** The desk of the reference machine. */
export const REFERENCE_DESK: Desk = new Desk("reference", referenceMachine());

/** Carries a body out on every machine, the reference's first, and throws if a kernel wrote outside its tensors. */
export function onEachDesk(body: (desk: Desk) => void): void {
  for (const desk of [REFERENCE_DESK, ...DESKS]) {
    desk.clear();
    body(desk);
    desk.checkGaps();
  }
}

/** Throws unless two runs of words are the same. */
export function assertSameBits(actual: Int32Array, expected: Int32Array, what: string): void {
  assert(actual.length === expected.length, `${what}: ${actual.length} words, but ${expected.length} expected`);
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at++;
  const word = (words: Int32Array) =>
    `${words[at]} (as a float ${new Float32Array(words.slice(at, at + 1).buffer)[0]})`;
  assert(at === actual.length, () => `${what}: word ${at} is ${word(actual)}, but ${word(expected)} expected`);
}

/** Throws unless every value is within what is allowed there of the expected one; NaN never is. */
export function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: (i: number) => number,
  what: string,
): void {
  for (let i = 0; i < expected.length; i++) {
    assert(
      Math.abs(actual[i]! - expected[i]!) <= allowed(i),
      () => `${what}: element ${i} is ${actual[i]}, but ${expected[i]} expected; they may differ by ${allowed(i)}`,
    );
  }
}
