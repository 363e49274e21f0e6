/**
 * Callbacks that report how training goes.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { printLine } from "../runtime/print.ts";
import type { Callback, TrainingState } from "./callback.ts";

/** Prints the loss every so many steps, as MindSpore's callback of the same name. */
export class LossMonitor implements Callback {
  readonly #perPrintTimes: number;
  readonly #print: (line: string) => void;

  /**
   * A line reads "epoch: 2 step: 100, loss is 0.125", the step counted within the epoch; "loss is absent (empty batch)"
   * where no image was drawn.
   *
   * @param perPrintTimes steps between lines, default 1
   * @param print receives each line; default: the console
   * @throws {RangeError} if `perPrintTimes` is no positive integer.
   * @example
   * ```ts
   * import { LossMonitor } from "@tacet/tacet";
   * const lines: string[] = [];
   * const monitor = new LossMonitor(100, (line) => lines.push(line));
   * ```
   */
  constructor(perPrintTimes = 1, print: (line: string) => void = printLine) {
    this.#perPrintTimes = integer("perPrintTimes", perPrintTimes);
    this.#print = print;
  }

  /** Prints if it is time. */
  async onStepEnd(state: TrainingState): Promise<void> {
    if (state.step % this.#perPrintTimes !== 0) return;
    const loss = await state.loss() ?? "absent (empty batch)";
    this.#print(`epoch: ${state.epoch} step: ${state.stepInEpoch}, loss is ${loss}`);
  }
}

/** Hands the state of training to a function every so many steps and after the last one. */
export class ProgressMonitor implements Callback {
  readonly #report: (state: TrainingState) => void | Promise<void>;
  readonly #everySteps: number;

  /**
   * The state is valid during the call only.
   *
   * @param report called with the state; training waits for its promise
   * @param everySteps default 1
   * @throws {RangeError} if `everySteps` is no positive integer.
   * @example
   * ```ts
   * import { ProgressMonitor } from "@tacet/tacet";
   * const monitor = new ProgressMonitor(({ step, steps }) => console.log(`${step} of ${steps}`), 100);
   * ```
   */
  constructor(report: (state: TrainingState) => void | Promise<void>, everySteps = 1) {
    this.#report = report;
    this.#everySteps = integer("everySteps", everySteps);
  }

  /** Reports if it is time. */
  onStepEnd(state: TrainingState): void | Promise<void> {
    if (state.step % this.#everySteps === 0 || state.step === state.steps) return this.#report(state);
  }
}
