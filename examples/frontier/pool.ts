/**
 * Workers that do tasks side by side, one a processor: independent tasks gain more from a second processor than one
 * task on two threads.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { ParameterValues } from "../../mod.ts";
import type { ImageSettings } from "../sup_privacy/args.ts";
import type { Cell, Conditions } from "./cell.ts";

/** What a worker is started with. */
export interface WorkerSettings {
  readonly conditions: Conditions;
  readonly imageSettings: ImageSettings;
}

/** What a worker is asked. */
export type Task =
  | { readonly kind: "reference"; readonly index: number }
  | {
    readonly kind: "cell";
    readonly setting: string;
    readonly seed: number;
    readonly references: readonly ParameterValues[];
  };

/** What a worker answers. */
export type Answer =
  | {
    readonly kind: "ready";
    readonly engine: string;
    readonly name: string;
    readonly samples: number;
    readonly test: number;
  }
  | { readonly kind: "reference"; readonly parameters: ParameterValues }
  | { readonly kind: "cell"; readonly cell: Cell };

/** Workers with their loaded images. */
export class Pool {
  readonly #workers: readonly Worker[];
  /** What the first worker said of its engine and images. */
  readonly ready: Extract<Answer, { kind: "ready" }>;

  private constructor(workers: readonly Worker[], ready: Extract<Answer, { kind: "ready" }>) {
    this.#workers = workers;
    this.ready = ready;
  }

  /** The next answer of a worker; a rejection if it ends instead. */
  static #answer(worker: Worker): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => () => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        done();
      };
      const onMessage = (answer: Answer) => settle(() => resolve(answer))();
      const onError = (error: unknown) => settle(() => reject(error))();
      const onExit = () => settle(() => reject(new Error("a worker ended unexpectedly")))();
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    });
  }

  /** Starts workers and waits until they have loaded their images. */
  static async start(count: number, settings: WorkerSettings): Promise<Pool> {
    const url = new URL("./worker.ts", import.meta.url);
    const workers = Array.from({ length: count }, () => new Worker(url, { workerData: settings }));
    const answers = await Promise.all(workers.map(Pool.#answer));
    return new Pool(workers, answers[0] as Extract<Answer, { kind: "ready" }>);
  }

  /** Has all tasks done, in their order as workers become free; `onAnswer` is told of each, and waited for. */
  async run(tasks: readonly Task[], onAnswer: (answer: Answer, task: Task) => void | Promise<void>): Promise<void> {
    let next = 0;
    await Promise.all(this.#workers.map(async (worker) => {
      while (next < tasks.length) {
        const task = tasks[next++]!, answered = Pool.#answer(worker);
        worker.postMessage(task);
        await onAnswer(await answered, task);
      }
    }));
  }

  /** Ends the workers. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
