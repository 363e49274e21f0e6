/** The same test files in every runtime: prints a table of test files and runtimes, and fails unless each runtime is what it says and all its tests passed. */
import { readdirSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { BROWSERS } from "./browsers.ts";
import { NATIVE } from "./native.ts";
import { count, type FileOutcome, type TimedOutcome } from "./outcome.ts";
import type { Runtime } from "./runtime.ts";
import { complaints, details, table } from "./table.ts";
import { checkout, install } from "./tools.ts";
import { WORKERD } from "./workerd.ts";

const RUNTIMES: readonly Runtime[] = [...NATIVE, ...BROWSERS, WORKERD];
const WHERE = "tests/runtimes/where.ts";

const HELP = `Runs the test files in every runtime.

  --runtime NAME   only runtimes whose name begins so (may be repeated): ${RUNTIMES.map(({ name }) => name).join("; ")}
  --file TEXT      only test files whose path contains it (may be repeated)
  --verbose        also lists every skipped test with its reason`;

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: [] },
    file: { type: "string", multiple: true, default: [] },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** What a file gives in a runtime; that it cannot be run there is an error of the file. */
async function tried(
  file: string,
  run: (file: string) => Promise<FileOutcome>,
): Promise<TimedOutcome> {
  const start = performance.now(), seconds = () => (performance.now() - start) / 1000;
  try {
    return { ...await run(file), seconds: seconds() };
  } catch (error) {
    return { file, tests: [], error: String((error as Error)?.stack ?? error), seconds: seconds() };
  }
}

async function runAll(
  { name, start }: Runtime,
  files: readonly string[],
): Promise<TimedOutcome[]> {
  const outcomes: TimedOutcome[] = [], running = await start();
  try {
    for (const file of files) {
      const outcome = await tried(file, running.run);
      outcomes.push(outcome);
      const counts = `${count(outcome, "passed")} passed, ${count(outcome, "skipped")} skipped`;
      console.error(
        `${name}: ${file}: ${counts}${details(outcome)} (${outcome.seconds.toFixed(1)} s)`,
      );
    }
  } finally {
    await running.close();
  }
  return outcomes;
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  install();
  const runtimes = RUNTIMES.filter(({ name }) =>
    !values.runtime.length || values.runtime.some((r) => name.startsWith(r))
  );
  const files = readdirSync(`${checkout}tests`).filter((name) => name.endsWith("_test.ts")).sort()
    .map((name) => `tests/${name}`).filter((path) => !values.file.length || values.file.some((f) => path.includes(f)));
  if (!runtimes.length || !files.length) {
    throw new Error("no runtime or no test file has such a name; see --help");
  }
  const columns: { name: string; outcomes: TimedOutcome[] }[] = [];
  for (const runtime of runtimes) {
    columns.push({
      name: runtime.name,
      outcomes: await runAll(runtime, [WHERE, ...files]),
    });
  }
  console.log(table(columns, values.verbose));
  const wrong = complaints(columns);
  for (const complaint of wrong) console.error(`runtimes: ${complaint}`);
  if (wrong.length > 0) process.exitCode = 1;
}

await main();
// The bundler's service would keep the process.
process.exit();
