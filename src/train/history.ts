/**
 * What a model has been through: its epochs, its steps, and what each of them cost in privacy.
 *
 * @module
 */
import type { TrainingRecord, TrainingStretch } from "../checkpoint/record.ts";

/** A stretch before its first step. */
export type Settings = TrainingStretch extends infer Stretch
  ? Stretch extends { readonly lr: unknown } ? Omit<Stretch, "steps" | "lr"> : never
  : never;

/** The training record of a model while it grows. */
export class History {
  /** Steps of the model, by its own account and that of its last checkpoint. */
  steps = 0;
  #epochs = 0;
  #stretches: TrainingStretch[] = [];
  /** The settings of the steps to come, once they were taken up in the last stretch. */
  #open: Settings | undefined;
  #openAt = -1;

  /** All of it, copied. */
  get record(): TrainingRecord {
    return { epochs: this.#epochs, stretches: this.#stretches.map((stretch) => ({ ...stretch })) };
  }

  /** Steps of all stretches together: nothing was ever drawn for a step of this number before. */
  get drawNumber(): number {
    return this.#stretches.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** Begins an epoch and gives its number, from 1. */
  beginEpoch(): number {
    return ++this.#epochs;
  }

  /** Sets what the steps to come are like; they are a stretch of their own. */
  begin(settings: Settings): void {
    this.#open = settings;
    this.#openAt = -1;
  }

  /** Counts a step; true if it is the first one of a stretch. */
  count(lr: number): boolean {
    const last = this.#stretches.at(-1);
    this.steps++;
    if (last && this.#openAt === this.#stretches.length - 1 && last.kind !== "unknown") {
      const [least, greatest] = last.lr;
      const range = [Math.min(least, lr), Math.max(greatest, lr)] as const;
      this.#stretches[this.#openAt] = { ...last, steps: last.steps + 1, lr: range };
      return false;
    }
    this.#openAt = this.#stretches.push({ ...this.#open!, steps: 1, lr: [lr, lr] } as TrainingStretch) - 1;
    return true;
  }

  /** Marks the last stretch. */
  mark(mark: string): void {
    const last = this.#stretches.at(-1);
    if (last?.kind === "private") this.#stretches[this.#stretches.length - 1] = { ...last, mark };
  }

  /** Takes back so many steps, which changed nothing. */
  takeBack(steps: number): void {
    this.steps -= steps;
    for (let i = this.#stretches.length - 1, left = steps; left > 0 && i >= 0; i--) {
      const stretch = this.#stretches[i]!, taken = Math.min(left, stretch.steps);
      left -= taken;
      this.#stretches[i] = { ...stretch, steps: stretch.steps - taken };
    }
    this.#stretches = this.#stretches.filter(({ kind, steps }) => kind === "unknown" || steps > 0);
    this.#openAt = -1;
  }

  /** Notes that parameters came from elsewhere. */
  receive(publicData: boolean): void {
    const stretch: TrainingStretch = { kind: "unknown", steps: 0, ...(publicData && { publicData }) };
    const last = this.#stretches.at(-1);
    if (last?.kind === "unknown" && last.publicData === stretch.publicData) return;
    this.#stretches.push(stretch);
    this.#openAt = -1;
  }

  /** Takes the record that a checkpoint's and this one are together, and the steps of the checkpoint. */
  restore({ epochs, stretches }: TrainingRecord, step: number): void {
    this.#stretches = [...stretches];
    this.#epochs = epochs;
    this.steps = step;
    this.#openAt = -1;
  }
}
