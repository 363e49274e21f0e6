/**
 * The watch over training on a CPU: which step's loss was not finite first.
 *
 * @module
 */
import type { StepWatch } from "../backend.ts";
import type { Divergence } from "../engine.ts";

/** Counts the training steps of a program and notes the first whose loss is not finite. */
export class CpuWatch implements StepWatch {
  /** Steps taken since the watch began. */
  steps = 0;
  /** The first step whose loss was not finite, if there was one: it and those behind it change no parameter. */
  diverged: Divergence | undefined;

  get isStopped(): boolean {
    return this.diverged !== undefined;
  }

  /** Begins anew. */
  begin(): void {
    this.steps = 0;
    this.diverged = undefined;
  }

  settled(): Promise<Divergence | undefined> {
    return Promise.resolve(this.diverged);
  }

  pressure(): undefined {
    return undefined;
  }

  /** Looks at the sum of the losses of the step that is under way. */
  look(total: number): void {
    if (!Number.isFinite(total)) this.diverged ??= { step: this.steps + 1, loss: total };
  }
}
