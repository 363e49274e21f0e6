/** Runs the cases one after the other, in runtimes without a test runner of their own. */
import { cases } from "./cases.ts";

/** What became of a case. */
export interface Result {
  readonly name: string;
  /** What it threw; absent if nothing. */
  readonly error?: string;
}

/** The results of all cases whose names hold `filter`, each told as it comes. */
export async function runCases(gpu: GPU, tell: (result: Result) => void | Promise<void>, filter = ""): Promise<void> {
  for (const { name, run } of cases.filter((one) => one.name.includes(filter))) {
    try {
      await run(gpu);
      await tell({ name });
    } catch (error) {
      await tell({ name, error: String((error as Error).stack ?? error) });
    }
  }
}
