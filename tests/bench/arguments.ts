/** The benchmark's flags. */
import { parseArgs } from "node:util";
import { cases } from "./cases.ts";

/** What to time, every list in the order of the flag. */
export interface BenchSettings {
  readonly cases: readonly string[];
  readonly threads: readonly number[];
  readonly batches: readonly number[];
  readonly sparsities: readonly number[];
  readonly engines: readonly EngineName[];
  /** Undefined for the best of each engine. */
  readonly builds: readonly string[] | undefined;
  readonly runs: number;
  readonly json: boolean;
}

type EngineName = "wasm" | "webgpu" | "reference";

/** The flags are not as they should be; the message is one line. */
export class UsageError extends Error {
  override name = "UsageError";
}

const BUILDS = { wasm: ["relaxed", "simd128"], webgpu: [], reference: ["float32", "float64"] } as const;

/** What `--help` prints. */
export const HELP =
  `How often per second each case of work is done: medians of several runs after a warm-up. Compare figures of one run only.

    deno task bench [FLAGS]      also: bun tests/bench/bench.ts, node tests/bench/bench.ts (Node 24 or newer)

Lists are separated by commas; each combination is timed.
  --case       ${Object.keys(cases).join(", ")}; default all
  --threads    default 1,2
  --batch      images; default 1,32,256
  --sparsity   share of weights masked in each masked layer, from 0 to below 1; default 0,0.5,0.9,0.95,0.98
  --engine     wasm, webgpu (and the dispatches of its training step), reference (slow); default wasm
  --build      relaxed, simd128 (wasm), float32, float64 (reference); default the engine's best
  --runs       timed runs of each; default 5
  --json       a line { case, engine, build, threads, batch, sparsity, perSecond, runs } for each, with peakFraction where the case is dense
  --help

A case that does not depend on a setting is timed once, at 1 thread, batch 32, sparsity 0.
${Object.entries(cases).map(([name, { unit }]) => `  ${name.padEnd(10)} ${unit}`).join("\n")}
`;

function list(text: string): string[] {
  return [...new Set(text.split(",").map((item) => item.trim()))];
}

function chosen<T extends string>(flag: string, text: string, allowed: readonly T[]): T[] {
  return list(text).map((item) => {
    const found = allowed.find((name) => name === item);
    if (found === undefined) throw new UsageError(`--${flag} is "${item}"; it takes ${allowed.join(", ")}`);
    return found;
  });
}

function numbers(flag: string, text: string, allowed: string, fits: (value: number) => boolean): number[] {
  return list(text).map((item) => {
    const value = item === "" ? NaN : Number(item);
    if (!fits(value)) throw new UsageError(`--${flag} is "${item}"; it takes ${allowed}`);
    return value;
  });
}

function integers(flag: string, text: string, limit: number): number[] {
  const fits = (value: number) => Number.isInteger(value) && value >= 1 && value <= limit;
  return numbers(flag, text, `integers from 1 to ${limit}`, fits);
}

function parsed(args: readonly string[]) {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  const options = {
    case: text(Object.keys(cases).join()),
    threads: text("1,2"),
    batch: text("1,32,256"),
    sparsity: text("0,0.5,0.9,0.95,0.98"),
    engine: text("wasm"),
    build: { type: "string" },
    runs: text("5"),
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\n|\. /)[0]}; --help lists the flags`);
  }
}

/**
 * The settings that the arguments ask for, or "help".
 *
 * @throws {UsageError} if a flag is unknown or its value out of range.
 */
export function parseArguments(args: readonly string[]): BenchSettings | "help" {
  const values = parsed(args);
  if (values.help) return "help";
  const engines = chosen("engine", values.engine, ["wasm", "webgpu", "reference"] as const);
  const possible = engines.flatMap((engine): readonly string[] => BUILDS[engine]);
  const builds = values.build === undefined ? undefined : chosen("build", values.build, possible);
  const idle = engines.find((engine) => builds && !BUILDS[engine].some((build) => builds.includes(build)));
  if (idle) throw new UsageError(`--build names none of the ${idle} engine's: ${BUILDS[idle].join(", ")}`);
  return {
    cases: chosen("case", values.case, Object.keys(cases)),
    threads: integers("threads", values.threads, 64),
    batches: integers("batch", values.batch, 65536),
    sparsities: numbers("sparsity", values.sparsity, "numbers from 0 to below 1", (value) => value >= 0 && value < 1),
    engines,
    builds: builds && builds.filter((build) => possible.includes(build)),
    runs: integers("runs", values.runs, 1000)[0]!,
    json: values.json,
  };
}

/** The builds to time of an engine; undefined stands for its best. */
export function buildsOf(engine: EngineName, { builds }: BenchSettings): readonly (string | undefined)[] {
  return builds?.filter((build) => BUILDS[engine].some((own) => own === build)) ?? [undefined];
}
