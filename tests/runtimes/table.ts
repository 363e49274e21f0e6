/** The matrix as a table, and what is wrong with it. */
import { brief } from "./failure.ts";
import { count, type TimedOutcome } from "./outcome.ts";

/** A runtime and what its files gave, the file that tells where it ran first. */
export interface Column {
  readonly name: string;
  readonly outcomes: readonly TimedOutcome[];
}

/** What is to be said at once of a file: its failed tests, or why it did not run. */
export function details({ tests, error, skipped }: TimedOutcome): string {
  const failed = tests.filter(({ result }) => result === "failed").map((
    { name, why = "no message" },
  ) => `\n  failed: ${name}\n${why}`);
  return [
    skipped && `, skipped whole: ${skipped}`,
    error && `\n  ${error}`,
    ...failed,
  ].filter(Boolean).join("");
}

/** The runtime that a column's first file found itself in, with its version. */
function place({ outcomes }: Column): string | undefined {
  const [first] = outcomes[0]?.tests ?? [];
  return first?.result === "passed" ? first.name.replace(/^runs in /, "") : undefined;
}

/** Passed tests, and after a + those skipped; "-" for a file that is skipped whole. */
function cell(outcome: TimedOutcome): string {
  if (outcome.skipped) return "-";
  const failed = count(outcome, "failed"), skipped = count(outcome, "skipped");
  if (outcome.error) return "error";
  return `${count(outcome, "passed")}${skipped ? `+${skipped}` : ""}${failed ? ` ${failed} FAILED` : ""}`;
}

function sum(
  outcomes: readonly TimedOutcome[],
  of: (outcome: TimedOutcome) => number,
): number {
  return outcomes.reduce((total, outcome) => total + of(outcome), 0);
}

/** Columns of text, the first flush left, the others flush right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((text, i) => i ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)).join("  "))
    .join("\n");
}

/**
 * The matrix: a row for each test file, a column for each runtime, then a line for each with its version and totals.
 */
export function table(columns: readonly Column[], verbose: boolean): string {
  const numbers = columns.map((_, i) => `[${i + 1}]`);
  const rows = columns[0]!.outcomes.slice(1).map(({ file }, i) => [
    file.replace(/^tests\/(.*)_test\.ts$/, "$1"),
    ...columns.map(({ outcomes }) => cell(outcomes[i + 1]!)),
  ]);
  const totals = columns.map((column, i) => {
    const { outcomes } = column;
    const whole = outcomes.filter(({ skipped }) => skipped).length;
    return [
      `${numbers[i]} ${column.name}`,
      place(column) ?? "unknown",
      `${outcomes.length - 1} files`,
      `${sum(outcomes, (o) => count(o, "passed"))} passed`,
      `${sum(outcomes, (o) => count(o, "skipped"))} skipped${whole ? ` and ${whole} files whole` : ""}`,
      `${sum(outcomes, (o) => count(o, "failed"))} failed`,
      `${Math.round(sum(outcomes, (o) => o.seconds))} s`,
    ];
  });
  const skips = columns.map(({ name, outcomes }) => {
    const reasons = new Map<string, number>();
    for (const outcome of outcomes) {
      if (outcome.skipped) {
        reasons.set(`${outcome.file}: ${outcome.skipped}`, 1);
      }
      for (
        const { result, why = "no reason told", name: test } of outcome.tests
      ) {
        if (result !== "skipped") continue;
        const key = verbose ? `${test}: ${why}` : why;
        reasons.set(key, (reasons.get(key) ?? 0) + 1);
      }
    }
    return [
      `${name} skipped`,
      ...[...reasons].map(([why, times]) => `  ${times} x ${why}`),
    ].join("\n");
  });
  return [
    "Passed tests by file and runtime, + skipped ones; - where the whole file was skipped",
    aligned([["", ...numbers], ...rows]),
    aligned(totals),
    ...skips.filter((text) => text.includes("\n")),
  ].join("\n\n");
}

/** What makes the matrix fail. */
export function complaints(columns: readonly Column[]): string[] {
  const wrong: string[] = [];
  for (const column of columns) {
    const { name, outcomes } = column;
    if (!place(column)) {
      wrong.push(`${name}: the tests did not run where they should`);
    }
    if (sum(outcomes.slice(1), (outcome) => count(outcome, "passed")) === 0) {
      wrong.push(`${name}: no test passed`);
    }
    for (const outcome of outcomes) {
      const { file, tests, error, skipped } = outcome;
      if (error) wrong.push(`${name}: ${file} did not run to its end: ${brief(error)}`);
      else if (!skipped && tests.length === 0) {
        wrong.push(`${name}: ${file} has no test`);
      }
      for (const test of tests) {
        if (test.result === "failed") {
          wrong.push(`${name}: ${file}: failed: ${test.name}: ${brief(test.why ?? "")}`);
        }
      }
      // The same files hold the same tests: a runner that loses some would not be noticed otherwise.
      const first = columns[0]!.outcomes.find((other) => other.file === file)!;
      if (
        !error && !skipped && !first.error && !first.skipped &&
        tests.length !== first.tests.length
      ) {
        wrong.push(
          `${name}: ${file} has ${tests.length} tests, but ${first.tests.length} in ${columns[0]!.name}`,
        );
      }
    }
  }
  return wrong;
}
