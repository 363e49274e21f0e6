/**
 * What stands for `node:test` where there is none, in pages and workers: the part of it that the tests use, with the
 * same meaning.
 */
import type { FileOutcome, Outcome } from "../outcome.ts";
import { MissingHere } from "./missing.ts";

interface Options {
  readonly skip?: boolean | string;
}

interface Context {
  readonly name: string;
  skip(why?: string): void;
  test(name: string, body: Body): Promise<void>;
}

type Body = (context: Context) => unknown;
type Given = [body: Body] | [options: Options, body: Body];

interface Planned {
  readonly path: readonly string[];
  readonly skip: boolean | string;
  readonly body: Body;
}

const planned: Planned[] = [];
/** The groups that are being described, the outermost first. */
let groups: { readonly name: string; readonly skip: boolean | string }[] = [];

function parts(given: Given): [Options, Body] {
  return given.length === 1 ? [{}, given[0]] : given;
}

/** Groups the tests that its body describes. */
export function describe(name: string, ...given: Given): void {
  const [{ skip = false }, body] = parts(given);
  const outside = groups;
  groups = [...groups, { name, skip }];
  try {
    (body as () => void)();
  } finally {
    groups = outside;
  }
}

/** Plans a test. */
export function test(name: string, ...given: Given): void {
  const [{ skip = false }, body] = parts(given);
  const skipped = groups.find((group) => group.skip)?.skip ?? skip;
  planned.push({
    path: [...groups.map((group) => group.name), name],
    skip: skipped,
    body,
  });
}

export { test as it };

function reason(skip: boolean | string): { why?: string } {
  return typeof skip === "string" ? { why: skip } : {};
}

/** What a property test wraps, and what wraps it. */
function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (
    let one = error;
    one !== undefined && found.length < 10;
    one = (one as { cause?: unknown }).cause
  ) {
    found.push(one);
    if (typeof one !== "object" || one === null) break;
  }
  return found;
}

/** Message and call stack of what was thrown. */
function told(error: unknown): string {
  const { message, stack = "" } = error instanceof Error ? error : { message: String(error) };
  return (stack.includes(message) ? stack : `${message}\n${stack}`).trim();
}

async function outcome(
  { path, skip, body }: Planned,
  outcomes: Outcome[],
): Promise<void> {
  const name = path.join(" > ");
  if (skip) {
    return void outcomes.push({ name, result: "skipped", ...reason(skip) });
  }
  let skipped: { why?: string } | undefined;
  const steps: Planned[] = [];
  const context: Context = {
    name: path.at(-1)!,
    skip: (why) => void (skipped = reason(why ?? true)),
    test: (step, stepBody) => {
      steps.push({ path: [...path, step], skip: false, body: stepBody });
      return outcome(steps.at(-1)!, outcomes);
    },
  };
  try {
    await body(context);
    if (steps.length === 0) {
      outcomes.push({
        name,
        result: skipped ? "skipped" : "passed",
        ...skipped,
      });
    }
  } catch (error) {
    const missing = causes(error).find((one) => one instanceof MissingHere);
    if (missing) {
      return void outcomes.push({
        name,
        result: "skipped",
        why: missing.message,
      });
    }
    outcomes.push({ name, result: "failed", why: causes(error).map(told).join("\nCaused by: ") });
  }
}

/** Loads a test file and runs what it planned, one test after the other. */
export async function run(
  file: string,
  load: () => Promise<unknown>,
): Promise<FileOutcome> {
  const tests: Outcome[] = [];
  try {
    await load();
  } catch (error) {
    if (error instanceof MissingHere) {
      return { file, tests, skipped: error.message };
    }
    return {
      file,
      tests,
      error: String((error as Error)?.stack ?? error),
    };
  }
  for (const one of planned) await outcome(one, tests);
  return { file, tests };
}
