/**
 * Command lines of the examples: flags with rules, their parsing and their help.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The rule for a flag's value: a folder, a choice, or a number within bounds. */
export type Rule =
  | { readonly kind: "switch" }
  | { readonly kind: "folder" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "integer"; readonly low: number; readonly high: number }
  /** A real number above `above` and at most (`inclusive`) or below `high`. */
  | { readonly kind: "real"; readonly above: number; readonly high: number; readonly inclusive: boolean };

/** A flag of the command line. */
export interface Flag {
  readonly name: string;
  readonly rule: Rule;
  /** What the value stands for in the help: DIR, N. */
  readonly value?: string;
  /** The value where the flag is not given; absent where that is not a number. */
  readonly fallback?: number;
  /** What it does, a line or more for the help. */
  readonly about: readonly string[];
}

/** A flag whose value is a whole number. */
export function count(name: string, low: number, high: number, about: readonly string[], fallback?: number): Flag {
  return {
    name,
    rule: { kind: "integer", low, high },
    value: "N",
    about,
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** The command line asks for something that cannot be; the message is one line. Exit status 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * A value as the message shows it: bare if it is plain, else quoted and with control characters escaped; never long.
 */
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

/**
 * The values given, by the names of their flags; true for a switch.
 *
 * @throws {UsageError} if a flag is unknown, given twice, without its value, or its value is not allowed.
 */
export function givenFlags(flags: readonly Flag[], args: readonly string[]): Map<string, string | number | true> {
  const { tokens } = parseArgs({
    args: [...args],
    // Not strict: its messages run over several sentences, so the tokens are judged here.
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      flags.map(({ name, rule }) => [name, { type: rule.kind === "switch" ? "boolean" as const : "string" as const }]),
    ),
  });
  const values = new Map<string, string | number | true>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(`${shown(token.value)} is not a flag; see --help for those there are`);
    }
    const flag = flags.find(({ name }) => token.rawName === `--${name}`);
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

/** Columns before the explanations. */
const INDENT = 21;

/** A flag with its explanation, for the help. */
export function flagEntry({ name, value, fallback, about }: Flag): string {
  const head = `  --${name}${value ? ` ${value}` : ""}`;
  const lines = about.map((line, index) =>
    index === 0 && fallback !== undefined ? `${line} (default ${fallback})` : line
  );
  return head.padEnd(INDENT) + lines.join(`\n${" ".repeat(INDENT)}`);
}
