/** What the matrix asks of a runtime. */
import type { FileOutcome } from "./outcome.ts";

/** Test files of programs of the command line, which are for Deno, Bun and Node alone. */
const PROGRAMS: readonly string[] = [
  "tests/examples/frontier_test.ts",
  "tests/examples/gradient_leakage_example_test.ts",
];

/** Why a page or a worker does not run a file at all, or undefined if it does. */
export function notHere(file: string): FileOutcome | undefined {
  return PROGRAMS.includes(file) ? { file, tests: [], skipped: "tests a program of the command line" } : undefined;
}

/** A runtime that has been started. */
export interface Running {
  /** Runs one test file, given by its path in the checkout. */
  run(file: string): Promise<FileOutcome>;
  /** Ends it. */
  close(): Promise<void>;
}

/** A row of the matrix. */
export interface Runtime {
  /** What `where.ts` must find: "Node 22", "Chromium, isolated". */
  readonly name: string;
  start(): Promise<Running>;
}
