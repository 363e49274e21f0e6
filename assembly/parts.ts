/**
 * A kernel's work split among threads. Each thread runs the same kernel on the same memory with its own part set, and does that share of the work alone: whole
 * outputs, pixels or images, so that the bits do not depend on the number of threads.
 */
let part: i32 = 0;
let parts: i32 = 1;

/** Sets which part of how many this instance does from now on. */
export function setPart(index: i32, count: i32): void {
  part = index;
  parts = count;
}

function boundary(index: i32, count: i32, tile: i32): i32 {
  return index == parts ? count : count * index / parts / tile * tile;
}

/** Where this part of `count` things begins; a multiple of `tile`. */
export function partBegin(count: i32, tile: i32): i32 {
  return boundary(part, count, tile);
}

/** Before which this part of `count` things ends. */
export function partEnd(count: i32, tile: i32): i32 {
  return boundary(part + 1, count, tile);
}

/** Whether this part does a piece of work before which `done` of `total` were. */
export function isMine(done: i32, total: i32): bool {
  return done * parts / total == part;
}

/** This part's own room of `bytes` bytes in a scratch that has one for each. */
export function ownRoom(scratch: usize, bytes: usize): usize {
  return scratch + part * bytes;
}

/** Whether the work is split at all. */
export function isSplit(): bool {
  return parts > 1;
}
