/** What the matrix asks of a runtime. */
import type { FileOutcome } from "./outcome.ts";

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
