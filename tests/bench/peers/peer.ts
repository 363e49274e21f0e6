/** What all peers of inference share: the task is read, the peer's answer checked, and its rate printed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { median, repeatedRates } from "../measure.ts";
import type { Task } from "./task.ts";

/** The folder of the task, the first argument. */
export const folder: string = process.argv[2] ?? ".";

/** The task that `task.ts` wrote there. */
export const task: Task = JSON.parse(
  readFileSync(join(folder, "task.json"), "utf8"),
);

/**
 * Prints how often per second the peer classifies the batch.
 *
 * @throws {Error} if its answer is not ours: then it does another job.
 */
export async function timeInference(
  classify: () => ArrayLike<number> | Promise<ArrayLike<number>>,
): Promise<void> {
  const logits = await classify();
  if (logits.length !== task.logits.length) {
    throw new Error(`the peer gives ${logits.length} outputs`);
  }
  const worst = Math.max(
    ...task.logits.map((value, i) => Math.abs(value - logits[i]!)),
  );
  if (!(worst < 1e-4)) {
    throw new Error(`the peer's outputs differ from ours by up to ${worst}`);
  }
  const run = async () => void await classify();
  console.log(median(await repeatedRates({ units: 1, run }, 3)));
  // Some peers leave threads behind that would keep the process alive.
  process.exit(0);
}
