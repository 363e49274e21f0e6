/**
 * Checks of numbers that callers hand in.
 *
 * @module
 */

/** The greatest seed. */
export const MOST_SEED = 0xffffffff;

/**
 * The value, if it is an integer from `least` (default 1) to `most` (default: without end).
 *
 * @param what it is called
 * @param note behind the message: where a bound comes from
 * @throws {RangeError} that says what it was and what is allowed.
 */
export function integer(what: string, value: number, least = 1, most = Infinity, note = ""): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  let allowed = least === 1 ? "a positive integer" : `an integer of at least ${least}`;
  if (most < Infinity) allowed = `an integer from ${least} to ${most === MOST_SEED ? "2^32 - 1" : most}`;
  throw new RangeError(`${what} is ${value}; it must be ${allowed}${note}`);
}

/**
 * Refuses values of which one is no integer from `least` to `most`.
 *
 * @param what they are called
 * @throws {RangeError} that names the first one.
 */
export function integers(what: string, values: ArrayLike<number>, least: number, most: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // The name is put together only where it is needed: there may be many values.
    if (!(Number.isInteger(value) && value >= least && value <= most)) integer(`${what}[${i}]`, value, least, most);
  }
}

/**
 * The value, if it is a positive number and not infinite.
 *
 * @param what it is called
 * @throws {RangeError} that says what it was.
 */
export function positive(what: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`${what} is ${value}; it must be a positive number`);
}

/**
 * Refuses values of which one is not finite.
 *
 * @param what they are called
 * @throws {RangeError} that names the first one.
 */
export function finite(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) throw new RangeError(`${what}[${i}] is ${values[i]}; it must be finite`);
  }
}

/**
 * Refuses rows of values, such as images, of which one value is not finite.
 *
 * @param what they are called
 * @param size values of a row
 * @param row what a row is
 * @param place what a value of it is
 * @throws {RangeError} that names the first one, its row and its place there.
 */
export function finiteRows(
  what: string,
  values: ArrayLike<number>,
  size: number,
  row = "image",
  place = "pixel",
): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) continue;
    throw new RangeError(
      `${what}: ${place} ${i % size} of ${row} ${Math.floor(i / size)} is ${values[i]}; it must be finite`,
    );
  }
}
