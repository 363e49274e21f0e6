/**
 * When suppress operations happen, and to which sparsity.
 *
 * @module
 */

/** The settings that decide the schedule; see {@link SuppressOptions}. */
export interface ScheduleSettings {
  readonly startEpoch: number;
  readonly endEpoch: number;
  readonly batchNum: number;
  readonly maskTimes: number;
  readonly sparseStart: number;
  readonly sparseEnd: number;
}

/** x^3 rounded once, as the C library's pow does it: one unit more or less would shift a count of weights. */
export function cube(x: number): number {
  const product = (a: number, b: number): [value: number, error: number] => {
    const high = (v: number) => v * 134217729 - (v * 134217729 - v); // Veltkamp: the upper 26 bits
    const a1 = high(a), b1 = high(b), value = a * b;
    return [value, a1 * b1 - value + a1 * (b - b1) + (a - a1) * b1 + (a - a1) * (b - b1)];
  };
  const [square, squareError] = product(x, x);
  const [value, error] = product(square, x);
  return value + (error + squareError * x);
}

/** Says after each step whether to operate, counting the steps of the whole run. */
export class SuppressSchedule {
  readonly #settings: ScheduleSettings;
  /** Steps from the first operation to the end. */
  readonly maskAllSteps: number;
  /** Steps between operations; a real number. */
  readonly maskStepInterval: number;
  #step = 0;
  #maskStartStep = 0;
  #maskPrevStep = 0;
  #ended = false;
  #sparsity: number;

  /** The settings must have been checked. */
  constructor(settings: ScheduleSettings) {
    this.#settings = settings;
    this.maskAllSteps = (settings.endEpoch - settings.startEpoch + 1) * settings.batchNum;
    this.maskStepInterval = this.maskAllSteps / settings.maskTimes;
    this.#sparsity = settings.sparseStart;
  }

  /** Steps so far, in the whole run. */
  get step(): number {
    return this.#step;
  }

  /**
   * Whether no operation may follow the last one: it comes two steps before the end, however much is still to be
   * silenced.
   */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the first operation has come. */
  get started(): boolean {
    return this.#maskStartStep > 0;
  }

  /**
   * Takes note of a finished step.
   *
   * @param epoch from 1
   * @param stepInEpoch from 1
   * @returns the sparsity to operate to now, or undefined if there is nothing to do after this step
   */
  next(epoch: number, stepInEpoch: number): number | undefined {
    this.#step++;
    const { startEpoch, endEpoch, batchNum } = this.#settings;
    if (epoch < startEpoch || epoch > endEpoch) return undefined;
    if (!this.started) this.#maskStartStep = this.#step;
    const due = this.#step >= this.#maskPrevStep + this.maskStepInterval;
    const last = epoch === endEpoch && stepInEpoch === batchNum - 2;
    if (!due && !last) return undefined;
    this.#maskPrevStep = this.#step;
    this.#ended = epoch === endEpoch && stepInEpoch >= batchNum - 2;
    return this.#targetSparsity();
  }

  #targetSparsity(): number {
    const { sparseStart, sparseEnd } = this.#settings;
    const left = 1 - (this.#step - this.#maskStartStep) / this.maskAllSteps;
    const target = sparseEnd + (sparseStart - sparseEnd) * cube(left);
    this.#sparsity = Math.min(sparseEnd, Math.max(target, this.#sparsity, sparseStart));
    return this.#sparsity;
  }
}
