/**
 * A kernel's work in shares, taken in turn by all threads of a machine. All run the same kernel on the same memory;
 * whoever is free takes the next share, so that a slow thread holds up no other. A share is whole outputs, rows or
 * images: the bits do not depend on who does it.
 *
 * A thread may come late, when the call it was told of is over. It must not write anything before its first share: then
 * it cannot do harm.
 *
 * What a call is (kernel and arguments, plain words that the JavaScript of `threaded_machine.ts` writes and reads)
 * belongs to its number as in a seqlock: the number is odd while they are written, and a thread that read them under
 * one even number read those of that call. A share is taken together with the number, as one word of 64 bits: of a call
 * that is over nobody can take any. All taken shares of a call are done before the next one begins.
 */

/**
 * Where the threads count, as int32: the next share, the number of the call, shares done, shares of the call. 0: this
 * thread is alone.
 */
let counters: usize = 0;
let thread: i32 = 0;
let call: i32 = 0;
/**
 * Of up to so many shares, those taken from the front and from the back are counted in a half of the word each; of
 * more, all are taken from the front.
 */
const HALF: i32 = 0xffff;
/** Shares that this thread did in this call; alone, it is the next one, too. */
let taken: i32 = 0;

/** Makes this instance one of several threads; the first of them makes the calls. */
export function joinThreads(index: i32, at: usize): void {
  thread = index;
  counters = at;
}

/**
 * Takes this call's place for the next one, which is told by an odd number until it is written down: from now on no
 * share can be taken, and what follows is written after that.
 */
export function closeCall(number: i32): void {
  // Exchanged, not stored: nothing may pass it, neither from before nor from behind.
  atomic.xchg<i64>(counters, <i64> number << 32);
}

/**
 * Offers the shares of the call of that number, of which none is taken, none done; this thread does some of them next.
 */
export function openCall(number: i32): void {
  call = number;
  atomic.store<i32>(counters, 0, 8);
  atomic.store<i64>(counters, <i64> number << 32);
}

/**
 * Whether what was read until now is that of the call of this number, and not already of the next one; then this thread
 * does shares of it next, if there are any left.
 */
export function joinCall(number: i32): bool {
  call = number;
  // Adding nothing, not loading: what was read before was read before this.
  return <i32> (atomic.add<i64>(counters, 0) >> 32) == number;
}

/** The next share of `count` for this thread; `count` when there are no more. */
export function nextShare(count: i32): i32 {
  if (!counters) {
    if (taken < count) return taken++;
    taken = 0;
    return count;
  }
  const halves = count <= HALF, fromBack = halves && (thread & 1) != 0, step: i64 = fromBack ? HALF + 1 : 1;
  for (;;) {
    const seen = atomic.load<i64>(counters), low = <i32> seen;
    const front = halves ? low & HALF : low, back = halves ? low >>> 16 : 0;
    if (<i32> (seen >> 32) != call || front + back >= count) break;
    if (atomic.cmpxchg<i64>(counters, seen, seen + step) == seen) {
      taken++;
      return fromBack ? count - 1 - back : front;
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
