/** What a test file gave in a runtime. */

/** A test, by the names of its groups and its own, joined by " > ". */
export interface Outcome {
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped, where the runtime tells. */
  readonly why?: string;
}

/** A test file that ran: its tests, or why it did not run at all. */
export interface FileOutcome {
  readonly file: string;
  readonly tests: readonly Outcome[];
  /** A sentence, if the whole file needs what the runtime has not. */
  readonly skipped?: string;
  /** What went wrong outside of a test. */
  readonly error?: string;
}

/** The same with the time it took, the start of its process or page included. */
export interface TimedOutcome extends FileOutcome {
  readonly seconds: number;
}

/** How many of the tests had that result. */
export function count(
  { tests }: FileOutcome,
  result: Outcome["result"],
): number {
  return tests.filter((test) => test.result === result).length;
}
