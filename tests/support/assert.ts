/**
 * The few assertions of `@std/assert` that the tests use, with the same names and meaning, for where JSR is out of
 * reach.
 */
import { AssertionError, deepStrictEqual, notDeepStrictEqual, ok } from "node:assert";

export { AssertionError };

/** Throws unless `expr` is truthy. A message for each of many elements is best a function: to write it takes time. */
export function assert(expr: unknown, msg: string | (() => string) = ""): asserts expr {
  if (!expr) ok(expr, (typeof msg === "string" ? msg : msg()) || undefined);
}

/** Throws unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  deepStrictEqual(actual, expected, msg);
}

/** Throws if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  notDeepStrictEqual(actual, expected, msg);
}

/** Throws unless the two differ by at most `tolerance` (default: 1e-7 of the expected value). */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  assert(
    delta <= allowed,
    () => `${msg ? `${msg}: ` : ""}expected ${actual} to be within ${allowed} of ${expected}, off by ${delta}`,
  );
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  ok(actual.includes(expected), msg ?? `expected ${JSON.stringify(actual)} to contain ${JSON.stringify(expected)}`);
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  ok(expected.test(actual), msg ?? `expected ${JSON.stringify(actual)} to match ${expected}`);
}

// deno-lint-ignore no-explicit-any
type ErrorType<E extends Error> = abstract new (...args: any[]) => E;

function checkError<E extends Error>(error: unknown, type: ErrorType<E>, includes: string, msg?: string): E {
  const prefix = msg ? `${msg}: ` : "";
  ok(
    error instanceof type,
    `${prefix}expected ${type.name}, got ${error instanceof Error ? error.stack : String(error)}`,
  );
  ok(
    error.message.includes(includes),
    `${prefix}expected a message with ${JSON.stringify(includes)}, got ${error.message}`,
  );
  return error;
}

/** Throws unless `fn` throws an error of the type whose message includes the text; returns that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type: ErrorType<E> = Error as unknown as ErrorType<E>,
  includes = "",
  msg?: string,
): E {
  let thrown: { error: unknown } | undefined;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  ok(thrown !== undefined, `${msg ? `${msg}: ` : ""}expected the function to throw`);
  return checkError(thrown.error, type, includes, msg);
}

/**
 * Throws unless the promise of `fn` rejects with an error of the type whose message includes the text; resolves to that
 * error.
 */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type: ErrorType<E> = Error as unknown as ErrorType<E>,
  includes = "",
  msg?: string,
): Promise<E> {
  let thrown: { error: unknown } | undefined;
  try {
    await fn();
  } catch (error) {
    thrown = { error };
  }
  ok(thrown !== undefined, `${msg ? `${msg}: ` : ""}expected the promise to reject`);
  return checkError(thrown.error, type, includes, msg);
}
