/** Comparisons of tensors that two engines computed. */
import { assert } from "./assert.ts";

/** Throws unless every value is within `relative` of the expected tensor's largest magnitude; NaN never is. */
export function assertNear(actual: Float32Array, expected: Float32Array, relative: number, what: string): void {
  assert(actual.length === expected.length, `${what}: ${actual.length} values, but ${expected.length} expected`);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expected.forEach((value, i) => {
    assert(
      Math.abs(actual[i]! - value) <= relative * largest,
      () => `${what}: element ${i} is ${actual[i]}, but ${value} expected; the largest magnitude is ${largest}`,
    );
  });
}

/** Throws unless two records of tensors have the same names and near values. */
export function assertAllNear(
  actual: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
  relative: number,
  what: string,
): void {
  assert(Object.keys(actual).join() === Object.keys(expected).join(), `${what}: other names`);
  for (const [name, values] of Object.entries(expected)) {
    assertNear(actual[name]!, values, relative, `${what}, ${name}`);
  }
}
