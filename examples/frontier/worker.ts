/**
 * A worker: does one task after the other on one thread, each told by a message.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { openEngine } from "../../mod.ts";
import { openImages } from "../sup_privacy/data.ts";
import { measureCell, trainReference } from "./cell.ts";
import type { Answer, Task, WorkerSettings } from "./pool.ts";

const { conditions, imageSettings } = workerData as WorkerSettings;
const port = parentPort!;

async function main(): Promise<void> {
  const engine = await openEngine({ threads: 1 }), images = await openImages(imageSettings);
  const perform = async (task: Task): Promise<Answer> => {
    if (task.kind === "reference") {
      return { kind: "reference", parameters: await trainReference(engine, images, conditions, task.index) };
    }
    return { kind: "cell", cell: await measureCell(engine, images, conditions, task.references, task) };
  };
  port.on("message", (task: Task) => {
    // An error of a task ends the worker, which tells the pool.
    perform(task).then((answer) => port.postMessage(answer), (error) => {
      throw error;
    });
  });
  const { name, samples, test } = images;
  port.postMessage({ kind: "ready", engine: engine.why, name, samples, test: test.count } satisfies Answer);
}

await main();
