/**
 * What training a model has seen, as a checkpoint keeps it.
 *
 * @module
 */
import { quote } from "./errors.ts";

/** Steps of training with differential privacy, of one call of `train`, as they were really taken. */
export interface PrivateStretch {
  /** Tells it from the others. */
  readonly kind: "private";
  /** How many steps, those on empty batches included. */
  readonly steps: number;
  /** Probability with which an example took part in a step: `batchSize` over `samples`, at most 1. */
  readonly samplingRate: number;
  /** Standard deviation of the noise over `clip`; 0 for none. */
  readonly noiseMultiplier: number;
  /** The length to which each example's gradient was clipped. */
  readonly clip: number;
  /** The least and the greatest learning rate. */
  readonly lr: readonly [least: number, greatest: number];
  /** How many examples were expected in a step. */
  readonly batchSize: number;
  /** How many examples there were; it is taken for public. */
  readonly samples: number;
  /** A hash of the parameters behind the first step, by which the same training is known again; "" if there is none. */
  readonly mark: string;
}

/** Steps of training without differential privacy, of one call of `train`. */
export interface OrdinaryStretch {
  /** Tells it from the others. */
  readonly kind: "ordinary";
  /** How many steps. */
  readonly steps: number;
  /** The rule by which they changed the parameters. */
  readonly optimizer: "sgd" | "momentum" | "adam";
  /** The least and the greatest learning rate. */
  readonly lr: readonly [least: number, greatest: number];
  /** How many examples were in a step. */
  readonly batchSize: number;
  /** How many examples there were. */
  readonly samples: number;
  /** Present if somebody has vouched that the data are public. */
  readonly publicData?: true;
}

/** Parameters of which it is not known how they came about. */
export interface UnknownStretch {
  /** Tells it from the others. */
  readonly kind: "unknown";
  /** How many steps they say they took. */
  readonly steps: number;
  /** Present if somebody has vouched that they owe nothing but to public data. */
  readonly publicData?: true;
}

/** A part of the training that a model has seen. */
export type TrainingStretch = PrivateStretch | OrdinaryStretch | UnknownStretch;

/** All training that a model has seen, in order. */
export interface TrainingRecord {
  /** Epochs begun, those that were broken off included: the next one has other batches. */
  readonly epochs: number;
  /** What was done. */
  readonly stretches: readonly TrainingStretch[];
}

type Rule = readonly [holds: (value: unknown) => boolean, allowed: string];

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown, least = 0) => Number.isSafeInteger(value) && (value as number) >= least;
const isRange = (value: unknown) => {
  const [least, greatest] = Array.isArray(value) && value.length === 2 ? value : [];
  return isNumber(least) && isNumber(greatest) && least > 0 && least <= greatest;
};

const COUNT: Rule = [(value) => isCount(value), "an integer from 0"];
const SIZE: Rule = [(value) => isCount(value, 1), "a positive integer"];
const RANGE: Rule = [isRange, "two positive numbers, the least first"];
const PUBLIC: Rule = [(value) => value === undefined || value === true, "true or absent"];

/** What the fields of each kind of stretch must be; it may have no others. */
const RULES: Readonly<Record<TrainingStretch["kind"], Readonly<Record<string, Rule>>>> = {
  private: {
    steps: SIZE,
    samplingRate: [(value) => isNumber(value) && value > 0 && value <= 1, "a number above 0, at most 1"],
    noiseMultiplier: [(value) => isNumber(value) && value >= 0, "a number of at least 0"],
    clip: [(value) => isNumber(value) && value > 0, "a positive number"],
    lr: RANGE,
    batchSize: SIZE,
    samples: SIZE,
    mark: [(value) => typeof value === "string" && /^[0-9a-f]{0,32}$/.test(value), "hexadecimal digits"],
  },
  ordinary: {
    steps: SIZE,
    optimizer: [(value) => ["sgd", "momentum", "adam"].includes(value as string), '"sgd", "momentum" or "adam"'],
    lr: RANGE,
    batchSize: SIZE,
    samples: SIZE,
    publicData: PUBLIC,
  },
  unknown: { steps: COUNT, publicData: PUBLIC },
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value for a message, in 80 characters at most. */
const shown = (value: unknown) => quote(typeof value === "string" ? value : String(value));

/** What is wrong with a record and what it should be; undefined if nothing. */
export function recordFault(record: unknown): { readonly found: string; readonly expected: string } | undefined {
  const fault = (found: string, expected: string) => ({ found, expected });
  if (!isObject(record)) return fault("a training record that is no object", "an object");
  const odd = Object.keys(record).find((key) => key !== "epochs" && key !== "stretches");
  if (odd !== undefined) return fault(`${quote(odd)} in the training record`, "epochs and stretches");
  if (!isCount(record["epochs"])) {
    return fault(`epochs ${shown(record["epochs"])} in the training record`, "an integer from 0");
  }
  const { stretches } = record;
  if (!Array.isArray(stretches)) return fault("a training record without stretches", "an array of them");
  for (const [i, stretch] of stretches.entries()) {
    const where = `stretches[${i}] of the training record`;
    if (!isObject(stretch)) return fault(`${where} that is no object`, "an object");
    const { kind, ...fields } = stretch;
    if (typeof kind !== "string" || !Object.hasOwn(RULES, kind)) {
      return fault(`${where} of kind ${shown(kind)}`, `one of ${Object.keys(RULES).join(", ")}`);
    }
    const rules = RULES[kind as TrainingStretch["kind"]];
    const strange = Object.keys(fields).find((key) => !Object.hasOwn(rules, key));
    if (strange !== undefined) return fault(`${quote(strange)} in ${where}`, Object.keys(rules).join(", "));
    for (const [name, [holds, allowed]] of Object.entries(rules)) {
      if (!holds(fields[name])) return fault(`${name} ${shown(fields[name])} in ${where}`, allowed);
    }
  }
  return undefined;
}
