/**
 * The same test files in every runtime, then the edge example and the package for npm: prints a table of test files and
 * runtimes, and fails unless each runtime is what it says and all its tests passed.
 *
 *     deno task test:runtimes [--runtime NAME] [--file TEXT] [--suite files|edge|package] [--verbose]
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { BROWSERS } from "./browsers.ts";
import { checkEdge } from "./edge.ts";
import { NATIVE } from "./native.ts";
import { count, type FileOutcome, type Outcome, type TimedOutcome } from "./outcome.ts";
import { checkPackage } from "./package.ts";
import type { Runtime } from "./runtime.ts";
import { type Column, complaints, details, table } from "./table.ts";
import { checkout, install } from "./tools.ts";
import { WORKERD } from "./workerd.ts";

const RUNTIMES: readonly Runtime[] = [...NATIVE, ...BROWSERS, WORKERD];
const WHERE = "tests/runtimes/where.ts";
/** Folders of tests that are run in Deno alone: traces of the reference, and the tests of tools. */
const DENO_ALONE: readonly string[] = ["golden", "bench", "runtimes", "experiments"];

const HELP = `Runs the test files in every runtime, then the edge example and the package for npm.

  --runtime NAME   only runtimes whose name begins so (may be repeated): ${RUNTIMES.map(({ name }) => name).join("; ")}
  --file TEXT      only test files whose path contains it (may be repeated)
  --suite NAME     only this one of files, edge and package (may be repeated)
  --verbose        also lists every skipped test with its reason`;

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: [] },
    file: { type: "string", multiple: true, default: [] },
    suite: { type: "string", multiple: true, default: ["files", "edge", "package"] },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** What a file gives in a runtime; that it cannot be run there is an error of the file. */
async function tried(file: string, run: (file: string) => Promise<FileOutcome>): Promise<TimedOutcome> {
  const start = performance.now(), seconds = () => (performance.now() - start) / 1000;
  try {
    return { ...await run(file), seconds: seconds() };
  } catch (error) {
    return { file, tests: [], error: String((error as Error)?.stack ?? error), seconds: seconds() };
  }
}

async function runAll({ name, start }: Runtime, files: readonly string[]): Promise<TimedOutcome[]> {
  const outcomes: TimedOutcome[] = [], running = await start();
  try {
    for (const file of files) {
      const outcome = await tried(file, running.run);
      outcomes.push(outcome);
      const counts = `${count(outcome, "passed")} passed, ${count(outcome, "skipped")} skipped`;
      console.error(`${name}: ${file}: ${counts}${details(outcome)} (${outcome.seconds.toFixed(1)} s)`);
    }
  } finally {
    await running.close();
  }
  return outcomes;
}

/** Runs the test files; returns what is wrong. */
async function runFiles(): Promise<string[]> {
  const chosen = (text: string, parts: readonly string[], of: (text: string, part: string) => boolean) =>
    parts.length === 0 || parts.some((part) => of(text, part));
  const runtimes = RUNTIMES.filter(({ name }) => chosen(name, values.runtime, (text, part) => text.startsWith(part)));
  const files = readdirSync(`${checkout}tests`, { recursive: true, encoding: "utf8" })
    .map((name) => `tests/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith("_test.ts") && !DENO_ALONE.includes(path.split("/")[1]!)).sort()
    .filter((path) => chosen(path, values.file, (text, part) => text.includes(part)));
  if (!runtimes.length || !files.length) throw new RangeError("no runtime or no test file has such a name; see --help");
  const columns: Column[] = new Array(runtimes.length);
  let next = 0;
  const takeInTurn = async () => {
    for (let i = next++; i < runtimes.length; i = next++) {
      columns[i] = { name: runtimes[i]!.name, outcomes: await runAll(runtimes[i]!, [WHERE, ...files]) };
    }
  };
  // Side by side, a processor each.
  await Promise.all(Array.from({ length: availableParallelism() }, takeInTurn));
  console.log(table(columns, values.verbose));
  return complaints(columns);
}

/** Prints what a suite of its own gave; returns what is wrong. */
function told(suite: string, outcomes: readonly Outcome[]): string[] {
  console.log(`\n${suite}`);
  for (const { name, result, why } of outcomes) {
    console.log(`  ${result}: ${name}${result === "failed" ? `\n${why}` : ""}`);
  }
  return outcomes.filter(({ result }) => result === "failed").map(({ name }) => `${suite}: failed: ${name}`);
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  install();
  const wrong: string[] = [];
  if (values.suite.includes("files")) wrong.push(...await runFiles());
  if (values.suite.includes("edge")) wrong.push(...told("the edge worker", await checkEdge()));
  if (values.suite.includes("package")) {
    wrong.push(...told("the package for npm", await checkPackage(["Chromium", "Firefox"])));
  }
  for (const complaint of wrong) console.error(`runtimes: ${complaint}`);
  if (wrong.length > 0) process.exitCode = 1;
}

await main();
// The bundler's service would keep the process.
process.exit();
