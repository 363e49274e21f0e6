/**
 * Reads the command line.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Flag, FLAGS } from "./flags.ts";

/** The engines that `--engine` names. */
export type EngineChoice = "wasm" | "wasm-simd128" | "reference";

/** What the command line asks for; undefined where it leaves the choice to the program. */
export interface Settings {
  readonly data: string | undefined;
  readonly samples: number | undefined;
  readonly epochs: number;
  readonly startEpoch: number;
  readonly maskTimes: number | undefined;
  readonly lr: number;
  readonly sparseEnd: number;
  readonly units: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly attackImages: number;
  readonly engine: EngineChoice | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** The command line asks for something that cannot be; the message is one line. Exit status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A value as the message shows it: bare if it is plain, else quoted and with control characters escaped; never long. */
function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return /^[\w.+-]+$/.test(short) ? short : JSON.stringify(short);
}

function checked(flag: Flag, text: string): string | number {
  const { name, rule } = flag;
  const wrong = (allowed: string) => new UsageError(`--${name} is ${shown(text)}; it must be ${allowed}`);
  switch (rule.kind) {
    case "integer": {
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= rule.low && value <= rule.high) return value;
      throw wrong(`a whole number from ${rule.low} to ${rule.high}`);
    }
    case "real": {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
      if (value > rule.above && (value < rule.high || (rule.inclusive && value === rule.high))) return value;
      throw wrong(`a number above ${rule.above} and ${rule.inclusive ? "at most" : "below"} ${rule.high}`);
    }
    case "choice":
      if (rule.choices.includes(text)) return text;
      throw wrong(`one of ${rule.choices.join(", ")}`);
    default:
      if (text === "" || text.includes("\0")) throw wrong('the path of a folder; "." is the current one');
      return text;
  }
}

/** The values given, by the names of their flags; true for a switch. */
function given(args: readonly string[]): Map<string, string | number | true> {
  const { tokens } = parseArgs({
    args: [...args],
    // Not strict: its messages run over several sentences, so the tokens are judged here.
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      FLAGS.map(({ name, rule }) => [name, { type: rule.kind === "switch" ? "boolean" as const : "string" as const }]),
    ),
  });
  const values = new Map<string, string | number | true>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(`${shown(token.value)} is not a flag; see --help for those there are`);
    }
    const flag = FLAGS.find(({ name }) => token.rawName === `--${name}`);
    if (!flag) throw new UsageError(`there is no flag ${shown(token.rawName)}; see --help for those there are`);
    if (values.has(flag.name)) throw new UsageError(`--${flag.name} is given twice; give it once`);
    if (flag.rule.kind === "switch") {
      if (token.value !== undefined) {
        throw new UsageError(`--${flag.name} takes no value, but got ${shown(token.value)}`);
      }
      values.set(flag.name, true);
      continue;
    }
    const { value } = token;
    // "--data --json" has forgotten the folder rather than named one "--json"; "--data=--json" means it.
    if (value === undefined || (!token.inlineValue && value.startsWith("--"))) {
      throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value}`);
    }
    values.set(flag.name, checked(flag, value));
  }
  return values;
}

/**
 * What the arguments ask for, or "help".
 *
 * @throws {UsageError} if a flag is unknown, given twice, without its value, or its value is not allowed.
 */
export function parseArguments(args: readonly string[]): Settings | "help" {
  if (args.includes("--help")) return "help";
  const values = given(args);
  const number = (name: string) => values.get(name) as number | undefined;
  const numberOrDefault = (name: string) => number(name) ?? FLAGS.find((flag) => flag.name === name)!.fallback!;
  const epochs = numberOrDefault("epochs");
  const startEpoch = numberOrDefault("start-epoch");
  if (startEpoch > epochs) {
    const source = values.has("start-epoch") ? "" : " (its default)";
    throw new UsageError(`--start-epoch is ${startEpoch}${source}; it must be at most --epochs, which is ${epochs}`);
  }
  return {
    data: values.get("data") as string | undefined,
    samples: number("samples"),
    epochs,
    startEpoch,
    maskTimes: number("mask-times"),
    lr: numberOrDefault("lr"),
    sparseEnd: numberOrDefault("sparse-end"),
    units: numberOrDefault("units"),
    batchSize: numberOrDefault("batch-size"),
    seed: numberOrDefault("seed"),
    attackImages: numberOrDefault("attack-images"),
    engine: values.get("engine") as EngineChoice | undefined,
    out: values.get("out") as string | undefined,
    json: values.has("json"),
  };
}

/**
 * Do the settings fit this many training images?
 *
 * @param available how many there are, or would be drawn
 * @param name what they are called
 * @returns how many of them are used
 * @throws {UsageError} if more are asked for, a batch is larger, or more are to be attacked.
 */
export function checkCounts(settings: Settings, available: number, name: string): number {
  const { samples = available, batchSize, attackImages } = settings;
  if (samples > available) throw new UsageError(`--samples is ${samples}, but ${name} has only ${available} images`);
  for (const [flag, value] of [["batch-size", batchSize], ["attack-images", attackImages]] as const) {
    if (value > samples) {
      throw new UsageError(`--${flag} is ${value}; it must be at most the number of training images, ${samples}`);
    }
  }
  return samples;
}
