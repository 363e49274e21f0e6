/**
 * The one judge of values and masks that are to be a network's: their names, kinds, shapes and contents, all of them
 * before any is taken.
 *
 * @module
 */
import { isSameShape, layoutHint } from "./layouts.ts";
import type { ParameterSpec, ParameterValues } from "./network.ts";
import { sizeOf } from "./shape.ts";

/** Values that are to become a parameter, and their shape where it is known. */
export interface GivenParameter {
  /** Hopefully a Float32Array. */
  readonly data: unknown;
  /** Length of each dimension. */
  readonly shape?: readonly number[];
}

/** Does the array hold float32? By its tag, so that arrays of another realm count too. */
function isFloats(data: unknown): data is Float32Array {
  return tagOf(data) === "Float32Array";
}

function tagOf(data: unknown): string {
  return Object.prototype.toString.call(data).slice("[object ".length, -1);
}

/** Names in a message, and characters of a name: a hostile file may hold millions. */
const MOST_NAMES = 500, MOST_CHARACTERS = 200;

/** Names that came from outside, for a message. */
export function quoted(names: readonly string[]): string {
  const cut = (name: string) => name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}...` : name;
  const shown = names.slice(0, MOST_NAMES).map((name) => JSON.stringify(cut(name))).join(", ");
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

/**
 * @throws {TypeError} unless all are Float32Arrays: 16-bit patterns or doubles of the right number would be taken for
 * other values.
 */
export function checkKinds(given: ReadonlyMap<string, GivenParameter>): void {
  const wrong = [...given].filter(([, { data }]) => !isFloats(data));
  if (wrong.length === 0) return;
  const [[, { data }]] = wrong as [[string, GivenParameter]], names = quoted(wrong.map(([name]) => name));
  const verb = wrong.length > 1 ? "are no Float32Array, the first" : "is";
  throw new TypeError(`${names} ${verb} ${tagOf(data)}; the values of a parameter must be a Float32Array`);
}

/** That a network has no parameters of these names; nothing if there are no names. */
export function unknownFaults(specs: readonly ParameterSpec[], names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const there = specs.map(({ name }) => name).join(", ") || "none";
  return [`no parameter${names.length > 1 ? "s are" : " is"} named ${quoted(names)}; there are ${there}`];
}

/** The specifications that are not given a value. */
export function missingNames(specs: readonly ParameterSpec[], isGiven: (name: string) => boolean): string[] {
  return specs.map(({ name }) => name).filter((name) => !isGiven(name));
}

/** What is wrong with the shapes, or the numbers of values, of the parameters that a network has. */
export function shapeFaults(specs: readonly ParameterSpec[], given: ReadonlyMap<string, GivenParameter>): string[] {
  return specs.flatMap(({ name, shape: wanted }) => {
    const { shape, data } = given.get(name) ?? {}, count = (data as Float32Array | undefined)?.length;
    if (count === undefined) return [];
    if (shape && !isSameShape(shape, wanted)) {
      const hint = layoutHint(shape, wanted);
      return [`${name} has shape [${shape.join(", ")}], but the network's is [${wanted.join(", ")}]${hint}`];
    }
    return count === sizeOf(wanted) ? [] : [`parameter ${name} takes ${sizeOf(wanted)} values, got ${count}`];
  });
}

/** Which values are less than their parameter's may be. */
export function leastFaults(specs: readonly ParameterSpec[], given: ReadonlyMap<string, GivenParameter>): string[] {
  return specs.flatMap(({ name, least }) => {
    if (least === undefined) return [];
    const data = (given.get(name)?.data ?? []) as ArrayLike<number>;
    const at = Array.from(data).findIndex((value) => value < least);
    return at < 0 ? [] : [`${name} is ${data[at]} at ${at}; it must be at least ${least}`];
  });
}

/** That masks are of parameters which no gradient trains. */
export function untrainedFaults(specs: readonly ParameterSpec[], masked: readonly string[]): string[] {
  const untrained = specs.filter(({ name, trained }) => trained === false && masked.includes(name));
  return untrained.map(({ name }) => `${name} is state that is not trained: it cannot be masked`);
}

/** What is wrong with masks: names, numbers, and values other than 0 and 1. */
export function maskFaults(specs: readonly ParameterSpec[], masks: ReadonlyMap<string, unknown>): string[] {
  const unknown = [...masks.keys()].filter((name) => !specs.some((spec) => spec.name === name));
  const there = specs.map(({ name }) => name).join(", ");
  const names = unknown.length === 0 ? [] : [`masks has ${quoted(unknown)}; there are ${there}`];
  return names.concat(
    untrainedFaults(specs, [...masks.keys()]),
    specs.flatMap(({ name, shape }) => {
      if (!masks.has(name)) return [];
      const mask = masks.get(name), count = sizeOf(shape);
      if (tagOf(mask) !== "Uint8Array") return [`the mask of ${name} is ${tagOf(mask)}; it must be a Uint8Array`];
      const kept = mask as Uint8Array;
      if (kept.length !== count) return [`the mask of ${name} takes ${count} values, got ${kept.length}`];
      const wrong = kept.findIndex((one) => one > 1);
      return wrong < 0 ? [] : [`the mask of ${name} is ${kept[wrong]} at ${wrong}; it must be 0 or 1`];
    }),
  );
}

/** @throws {RangeError} of all faults, if there are any. */
export function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new RangeError(faults.join("; "));
}

/** Values by name as the judge takes them. */
export function givenValues(values: ParameterValues): Map<string, GivenParameter> {
  return new Map(Object.entries(values).map(([name, data]) => [name, { data }]));
}

/**
 * Judges values of some of a network's parameters.
 *
 * @throws {RangeError} naming all that are unknown or have another number of values.
 * @throws {TypeError} if any are no Float32Array.
 */
export function judgeValues(specs: readonly ParameterSpec[], values: ParameterValues): void {
  const given = givenValues(values);
  const unknown = [...given.keys()].filter((name) => !specs.some((spec) => spec.name === name));
  checkKinds(given);
  refuse([...unknownFaults(specs, unknown), ...shapeFaults(specs, given), ...leastFaults(specs, given)]);
}

/**
 * Judges masks of some of a network's parameters.
 *
 * @throws {RangeError} naming all that are unknown, no Uint8Array, of another number of values, or have values other
 * than 0 and 1.
 */
export function judgeMasks(specs: readonly ParameterSpec[], masks: Readonly<Record<string, Uint8Array>>): void {
  refuse(maskFaults(specs, new Map(Object.entries(masks))));
}

/**
 * Judges values of all of a network's parameters; those of others, such as of the layers behind a slice, are passed
 * over.
 *
 * @throws {RangeError} naming all that are missing or have another number of values.
 * @throws {TypeError} if any are no Float32Array.
 */
export function judgeWhole(specs: readonly ParameterSpec[], values: ParameterValues): void {
  const sizes = new Map(specs.map(({ name, shape }) => [name, sizeOf(shape)]));
  const given = new Map(Object.entries(values).filter(([name, data]) => sizes.has(name) && data !== undefined));
  const missing = missingNames(specs, (name) => given.has(name));
  checkKinds(givenValues(Object.fromEntries(given)));
  const lacks = missing.length > 0 ? [`parameters lacks ${missing.join(", ")} of the network`] : [];
  const wrong = [...given].filter(([name, { length }]) => length !== sizes.get(name));
  refuse([
    ...lacks,
    ...wrong.map(([name, { length }]) => `parameters: ${name} has ${length} values; it must have ${sizes.get(name)}`),
    ...leastFaults(specs, givenValues(Object.fromEntries(given))),
  ]);
}
