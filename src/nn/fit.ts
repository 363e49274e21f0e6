/**
 * Finds a network's parameters among what a checkpoint holds: prefixes of wrappers come off, what training keeps beside
 * the parameters is set apart, and the rest must fit.
 *
 * @module
 */
import { isBeside, isWrapper, unwrapped } from "./beside.ts";
import {
  checkKinds,
  type GivenParameter,
  givenValues,
  leastFaults,
  maskFaults,
  missingNames,
  quoted,
  refuse,
  shapeFaults,
  unknownFaults,
} from "./judge.ts";
import type { ParameterSpec, ParameterValues } from "./network.ts";

/** Parameters and masks as a `Checkpoint` holds them. */
export interface SavedParameters {
  /** Values with their shapes, by name. */
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
  /** 1 for every weight that is kept, 0 for every suppressed one, by the parameters' names. */
  readonly masks: Readonly<Record<string, Uint8Array>>;
  /** What else there is, by name. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/** What may differ between the names given and those of the network. */
export interface FitOptions {
  /**
   * Whether parameters may be missing: they stay as they are, with their masks. What is given must be the network's all
   * the same. Default false.
   */
  readonly partial?: boolean;
  /**
   * What is taken off the names that begin with it, such as "model.". By default only what known wrappers put before
   * every name ("module.", "_orig_mod.", "network.", "networks.", also several of them), and only where all names are
   * the network's without it.
   */
  readonly prefix?: string;
}

/** How the names given were those of the network. */
export interface Fit {
  /** What was taken off the names; "" if nothing. */
  readonly prefix: string;
  /** The network's parameters that were not given and stay as they are; none but with `partial`. */
  readonly missing: readonly string[];
  /**
   * What was given beside the parameters and not taken: optimizer's state, counters, single numbers, by its name there.
   */
  readonly other: readonly string[];
}

/** Values and masks that are a network's, and how they came to it. */
export interface Fitted {
  readonly values: ParameterValues;
  readonly masks: Readonly<Record<string, Uint8Array>>;
  readonly fit: Fit;
}

/** Characters of a prefix at most: a hostile name may hold millions of dots. */
const MOST_PREFIX = 200;

/** All beginnings of the first name, up to a dot, that the others share; the longest first. */
function commonPrefixes(names: readonly string[]): string[] {
  const first = names[0]?.slice(0, MOST_PREFIX) ?? "",
    dots = Array.from(first.matchAll(/\./g), ({ index }) => first.slice(0, index + 1));
  return dots.filter((prefix) => names.every((name) => name.startsWith(prefix))).reverse();
}

/** Says which prefix would help, if one would. */
function suggestion(wanted: ReadonlySet<string>, names: readonly string[]): string[] {
  const known = (prefix: string) => names.filter((name) => wanted.has(name.slice(prefix.length))).length;
  const prefix = commonPrefixes(names).find((candidate) => known(candidate) > known(""));
  if (prefix === undefined) return [];
  return [`every name begins with ${JSON.stringify(prefix)}: { prefix: ${JSON.stringify(prefix)} } takes it off`];
}

/** Of the missing ones, those that are there in a type that no network computes with. */
function typeFaults(missing: readonly string[], prefix: string, other: SavedParameters["other"] = {}): string[] {
  return missing.flatMap((name) => {
    const held = [prefix + name, name].find((candidate) => Object.hasOwn(other, candidate));
    const dtype = held === undefined ? undefined : (other[held] as { dtype?: unknown } | null)?.dtype;
    return dtype === undefined ? [] : [`${name} is there, but of type ${String(dtype)}: make floats of it first`];
  });
}

function without(prefix: string, names: readonly string[]): Map<string, string> {
  const bare = new Map<string, string>();
  for (const name of names) {
    const short = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    if (bare.has(short)) {
      throw new RangeError(`without the prefix ${JSON.stringify(prefix)} two names are ${quoted([short])}`);
    }
    bare.set(short, name);
  }
  return bare;
}

function fit(
  specs: readonly ParameterSpec[],
  all: ReadonlyMap<string, GivenParameter>,
  { masks = {}, other = {} }: Partial<SavedParameters>,
  { partial = false, prefix: asked }: FitOptions,
): Fitted {
  const wanted = new Set(specs.map(({ name }) => name));
  // A single number is no parameter of any layer.
  const isExtra = (name: string) =>
    !wanted.has(name) && !wanted.has(unwrapped(name)) && (isBeside(name) || all.get(name)!.shape?.length === 0);
  const names = [...all.keys()].filter((name) => !isExtra(name));
  if (asked !== undefined && !names.some((name) => name.startsWith(asked))) {
    throw new RangeError(`prefix is ${JSON.stringify(asked)}, but no name begins with it: ${quoted(names)}`);
  }
  const matches = (prefix: string) => names.every((name) => wanted.has(name.slice(prefix.length)));
  const complete = (prefix: string) => partial || missingNames(specs, (name) => all.has(prefix + name)).length === 0;
  const automatic = () =>
    matches("") ? undefined : commonPrefixes(names).find((one) => isWrapper(one) && matches(one) && complete(one));
  const prefix = asked ?? automatic() ?? "";
  const bare = without(prefix, names);
  const given = new Map([...bare].map(([short, name]) => [short, all.get(name)!]));
  const missing = missingNames(specs, (name) => given.has(name));
  const unknown = [...bare].filter(([short]) => !wanted.has(short)).map(([, name]) => name);
  const shortMasks = without(prefix, Object.keys(masks));
  const fittedMasks = new Map([...shortMasks].map(([short, name]) => [short, masks[name]!]));
  const alone = [...fittedMasks.keys()].filter((name) => wanted.has(name) && !given.has(name));
  checkKinds(given);
  const lacks = partial || missing.length === 0 ? [] : [
    `missing ${missing.length > 1 ? "are" : "is"} ${missing.join(", ")}; { partial: true } leaves ${
      missing.length > 1 ? "them" : "it"
    } as before`,
  ];
  refuse([
    ...unknownFaults(specs, unknown),
    ...lacks,
    ...(lacks.length > 0 ? typeFaults(missing, prefix, other) : []),
    ...(prefix === "" && unknown.length > 0 ? suggestion(wanted, names) : []),
    ...shapeFaults(specs, given),
    ...leastFaults(specs, given),
    ...maskFaults(specs, fittedMasks),
    ...alone.map((name) => `there is a mask of ${name}, but no values of it`),
  ]);
  return {
    values: Object.fromEntries([...given].map(([name, { data }]) => [name, data as Float32Array])),
    masks: Object.fromEntries(fittedMasks),
    fit: { prefix, missing, other: [...[...all.keys()].filter(isExtra), ...Object.keys(other)] },
  };
}

/**
 * The parameters and masks of a network among those of a checkpoint.
 *
 * @throws {RangeError} naming every parameter that is missing or unknown or has another shape, every mask that fits no
 * parameter, and the prefix that would help.
 * @throws {TypeError} if values are no Float32Arrays.
 */
export function fitSaved(specs: readonly ParameterSpec[], saved: SavedParameters, options: FitOptions = {}): Fitted {
  // What is no object has no values, which the judge says.
  const given = Object.entries(saved.parameters).map(([name, one]) => [name, Object(one) as GivenParameter] as const);
  return fit(specs, new Map(given), saved, options);
}

/** The same of values alone, of which the numbers are judged and not the shapes. */
export function fitValues(specs: readonly ParameterSpec[], values: ParameterValues, options: FitOptions = {}): Fitted {
  return fit(specs, givenValues(values), {}, options);
}
