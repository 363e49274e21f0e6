/**
 * Waiting for so long and no longer.
 *
 * @module
 */

/** Nothing came within the time. */
export class TimeoutError extends Error {
  /** Always "TimeoutError". */
  override readonly name = "TimeoutError";
}

/** Waits so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * What a promise gives, if it does so within so many milliseconds. What it gives later goes to `late`; that it fails
 * later troubles nobody. No timer is left behind.
 *
 * @throws {TimeoutError} (as a rejection) if it does not.
 */
export function within<T>(
  milliseconds: number,
  promise: PromiseLike<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let given = false;
    const giveUp = () => {
      given = true;
      reject(new TimeoutError(`no answer within ${milliseconds / 1000} s`));
    };
    // In two steps, the second behind whatever else is due: where the thread was kept busy all the time, the answer may
    // have come and not been seen.
    const first = milliseconds - Math.min(200, milliseconds / 10);
    let timer = setTimeout(() => timer = setTimeout(giveUp), first);
    promise.then((value) => {
      clearTimeout(timer);
      if (!given) return resolve(value);
      try {
        late(value);
      } catch {
        // Nobody waits who could be told.
      }
    }, (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
