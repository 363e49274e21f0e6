/**
 * What stands for `node:assert` where there is none: equality as its strict functions mean it, for the values that the
 * tests compare.
 */

/** An assertion that does not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws unless the value is truthy. */
export function ok(
  value: unknown,
  message = "expected a truthy value",
): asserts value {
  if (!value) throw new AssertionError(message);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    !isObject(a) || !isObject(b) ||
    Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)
  ) return false;
  if (
    a instanceof Error && b instanceof Error &&
    (a.message !== b.message || a.name !== b.name)
  ) return false;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size &&
      [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key)));
  }
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size &&
      [...a].every((one) => b.has(one) || [...b].some((other) => equal(one, other)));
  }
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) {
    const [left, right] = [a, b] as unknown as ArrayLike<unknown>[];
    if (left!.length !== right!.length) return false;
    for (let i = 0; i < left!.length; i++) {
      if (!Object.is(left![i], right![i])) return false;
    }
    return true;
  }
  if (
    a instanceof Date || a instanceof RegExp || a instanceof DataView ||
    a instanceof ArrayBuffer
  ) {
    throw new TypeError(
      `this stand-in for node:assert does not compare ${a.constructor.name}s`,
    );
  }
  const keys = Object.keys(a);
  if (Array.isArray(a) && a.length !== (b as unknown as unknown[]).length) {
    return false;
  }
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

function shown(value: unknown): string {
  const json = JSON.stringify(value, (_key, one) => {
    if (typeof one === "bigint") return `${one}n`;
    if (typeof one === "number" && !Number.isFinite(one)) return String(one);
    if (ArrayBuffer.isView(one)) {
      return [...one as unknown as Iterable<unknown>];
    }
    return one instanceof Map || one instanceof Set ? [...one] : one;
  }) ?? String(value);
  return json.length > 500 ? `${json.slice(0, 500)}...` : json;
}

/** Throws unless the two are equal through and through, prototypes included. */
export function deepStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: string,
): void {
  ok(
    equal(actual, expected),
    `${message ? `${message}: ` : ""}${shown(actual)} is not ${shown(expected)}`,
  );
}

/** Throws if the two are equal through and through. */
export function notDeepStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: string,
): void {
  ok(
    !equal(actual, expected),
    `${message ? `${message}: ` : ""}both are ${shown(actual)}`,
  );
}
