/**
 * A kernel's work in shares, taken in turn by all threads of a machine. All run the same kernel on the same memory; whoever is free takes the next share, so that a slow thread holds up no other.
 * A share is whole outputs, rows or images: the bits do not depend on who does it.
 *
 * A thread may come late, when the call it was told of is over. It must not write anything before its first share: then it cannot do harm.
 */

/** Where the threads count, as int32: the next share, the number of the call, shares done, shares of the call. 0: this thread is alone. */
let counters: usize = 0;
let thread: i32 = 0;
let call: i32 = 0;
/** Shares that this thread did in this call; alone, it is the next one, too. */
let taken: i32 = 0;

/** Makes this instance one of several threads; the first of them makes the calls. */
export function joinThreads(index: i32, at: usize): void {
  thread = index;
  counters = at;
}

/** Tells the number of the call that follows. */
export function setCall(number: i32): void {
  call = number;
}

/** The next share of `count` for this thread; `count` when there are no more. */
export function nextShare(count: i32): i32 {
  if (!counters) {
    if (taken < count) return taken++;
    taken = 0;
    return count;
  }
  const step: i64 = thread & 1 ? 0x10000 : 1;
  for (;;) {
    const seen = atomic.load<i64>(counters), front = <i32> seen & 0xffff, back = <i32> seen >>> 16;
    if (<i32> (seen >> 32) != call || front + back >= count) break;
    if (atomic.cmpxchg<i64>(counters, seen, seen + step) == seen) {
      taken++;
      return thread & 1 ? count - 1 - back : front;
    }
  }
  if (thread == 0) store<i32>(counters, count, 12);
  if (taken) atomic.add<i32>(counters, taken, 8);
  taken = 0;
  return count;
}

/** This thread's own room of `bytes` bytes in a scratch that has one for each. */
export function ownRoom(scratch: usize, bytes: usize): usize {
  return scratch + thread * bytes;
}

/** How many shares of `size` there are in `count`. */
export function sharesOf(count: i32, size: i32): i32 {
  return (count + size - 1) / size;
}
