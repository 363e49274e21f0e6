/**
 * What a model has been through: its epochs, its steps, and what each of them cost in privacy.
 *
 * @module
 */
import type { OrdinaryStretch, PrivateStretch, TrainingRecord, TrainingStretch } from "../checkpoint/record.ts";

/** A stretch that can grow. */
type OpenStretch = PrivateStretch | OrdinaryStretch;

/** One before its first step. */
export type Settings = Omit<PrivateStretch, "steps" | "lr"> | Omit<OrdinaryStretch, "steps" | "lr">;

/** The training record of a model while it grows. */
export class History {
  /** Steps of the model, by its own account and that of its last checkpoint. */
  steps = 0;
  #epochs = 0;
  #stretches: TrainingStretch[] = [];
  /** What the steps to come are like, and whether the last stretch is already one of them. */
  #settings: Settings | undefined;
  #isOpen = false;

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
    this.#settings = settings;
    this.#isOpen = false;
  }

  /** Counts a step; true if it is the first one of a stretch. */
  count(lr: number): boolean {
    const isFirst = !this.#isOpen, fresh = { ...this.#settings!, steps: 0, lr: [lr, lr] } as OpenStretch;
    const last = isFirst ? fresh : this.#stretches.pop() as OpenStretch, [least, greatest] = last.lr;
    this.#stretches.push({ ...last, steps: last.steps + 1, lr: [Math.min(least, lr), Math.max(greatest, lr)] });
    this.#isOpen = true;
    this.steps++;
    return isFirst;
  }

  /** Marks the last stretch. */
  mark(mark: string): void {
    const last = this.#stretches.at(-1);
    if (last?.kind === "private") this.#stretches.splice(-1, 1, { ...last, mark });
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
    this.#isOpen = false;
  }

  /** Notes that parameters came from elsewhere. */
  receive(publicData: boolean): void {
    const stretch: TrainingStretch = { kind: "unknown", steps: 0, ...(publicData && { publicData }) };
    const last = this.#stretches.at(-1);
    if (last?.kind === "unknown" && last.publicData === stretch.publicData) return;
    this.#stretches.push(stretch);
    this.#isOpen = false;
  }

  /** Takes the record that a checkpoint's and this one are together, and the steps of the checkpoint. */
  restore({ epochs, stretches }: TrainingRecord, step: number): void {
    this.#stretches = [...stretches];
    this.#epochs = epochs;
    this.steps = step;
    this.#isOpen = false;
  }
}
