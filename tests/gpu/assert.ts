/** The assertions of `tests/support/assert.ts` that the cases need, for browsers, which have no `node:assert`. */

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg: string | (() => string) = "an assertion failed"): asserts expr {
  if (!expr) throw new Error(typeof msg === "string" ? msg : msg());
}

/** A value in words by which two can be told apart; typed arrays as lists. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, part) => ArrayBuffer.isView(part) ? Array.from(part as Uint8Array) : part);
}

/** Throws unless the two are shown alike. */
export function assertEquals<T>(actual: T, expected: T, msg = "not equal"): void {
  const [one, other] = [shown(actual), shown(expected)];
  assert(one === other, `${msg}: ${one?.slice(0, 500)}, but ${other?.slice(0, 500)} expected`);
}

/** Throws unless the two differ by at most the tolerance. */
export function assertAlmostEquals(actual: number, expected: number, tolerance: number, msg = "not near"): void {
  assert(Math.abs(actual - expected) <= tolerance, `${msg}: ${actual}, but ${expected} +- ${tolerance} expected`);
}

/** Throws unless the text matches. */
export function assertMatch(actual: string, expected: RegExp): void {
  assert(expected.test(actual), `${JSON.stringify(actual)} does not match ${expected}`);
}

/** Throws unless `work` throws an error of the type whose message holds the text. */
export function assertThrows(work: () => unknown, type: new (...args: never[]) => Error, includes = ""): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof type && thrown.message.includes(includes), `expected ${type.name}, but got ${thrown}`);
}

/** The error with which a promise is rejected; throws if it is not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("no error");
}
