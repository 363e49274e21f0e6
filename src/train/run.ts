/**
 * The loop of training.
 *
 * @module
 */
import type { Program } from "../engine/engine.ts";
import type { TrainingState } from "./callback.ts";
import { DivergedError } from "./diverged_error.ts";
import type { Optimizer, ParameterValues } from "../nn/mod.ts";
import type { History, Settings } from "./history.ts";
import type { ModelInTraining } from "./model_in_training.ts";
import type { TrainingPlan } from "./options.ts";

/** Steps that are alike, of a call of `train`. */
export interface Steps {
  /** Images that the program does at once. */
  readonly imagesAtOnce: number;
  /** What the record notes of them. */
  readonly settings: Settings;
  /**
   * One step on the given images.
   *
   * @param number of the step: noise and dropout draw anew for each
   */
  step(program: Program, optimizer: Optimizer, indices: ArrayLike<number>, number: number): void;
  /** Gives what the record marks them with, of the parameters behind the first one; absent if they are not marked. */
  readonly markOf?: (parameters: ParameterValues) => string;
}

/** One call of `train`. */
export class Run {
  readonly #model: ModelInTraining;
  readonly #program: Program;
  readonly #history: History;
  readonly #plan: TrainingPlan;
  readonly #steps: Steps;
  readonly #state: { -readonly [Field in keyof TrainingState]: TrainingState[Field] };
  /** Images in the last batch. */
  #images = 0;
  #error: DivergedError | undefined;

  constructor(model: ModelInTraining, program: Program, history: History, steps: Steps, plan: TrainingPlan) {
    const { epochs, batches } = plan;
    this.#model = model;
    this.#program = program;
    this.#history = history;
    this.#steps = steps;
    this.#plan = plan;
    this.#state = {
      model,
      epoch: 0,
      modelEpoch: 0,
      epochs,
      stepInEpoch: 0,
      batches,
      step: 0,
      steps: epochs * batches,
      loss: () => this.#loss(),
    };
  }

  async #loss(): Promise<number | undefined> {
    if (this.#images === 0) return undefined;
    const loss = await this.#program.loss();
    if (!Number.isFinite(loss)) await this.settle();
    return loss;
  }

  /** Throws if a step is known to have diverged. */
  #check(): void {
    const { diverged } = this.#program, state = this.#state;
    if (this.#error) throw this.#error;
    if (!diverged) return;
    // Epochs end settled, so that it is one of this epoch. The steps behind it have changed nothing.
    const { step, loss } = diverged, stepInEpoch = state.stepInEpoch - state.step + step;
    this.#history.takeBack(state.step - step + 1);
    throw this.#error = new DivergedError({ loss, epoch: state.epoch, stepInEpoch, step }, this.#model.optimizer.lr);
  }

  /**
   * Waits until all steps enqueued are done.
   *
   * @throws {DivergedError} (as a rejection) if one of them has diverged.
   */
  async settle(): Promise<void> {
    await this.#program.settled();
    this.#check();
  }

  async #tell(event: "onTrainBegin" | "onEpochEnd" | "onTrainEnd"): Promise<void> {
    for (const callback of this.#plan.callbacks) await callback[event]?.(this.#state);
  }

  /** One step on the given images; undefined, or a promise of what must be waited for. */
  #step(indices: ArrayLike<number>): Promise<void> | undefined {
    const { optimizer } = this.#model, program = this.#program, history = this.#history, state = this.#state;
    const { markOf } = this.#steps;
    this.#steps.step(program, optimizer, indices, history.drawNumber);
    this.#images = indices.length;
    state.stepInEpoch++;
    state.step++;
    const isFirst = history.count(optimizer.lr);
    this.#check();
    return isFirst && markOf ? program.parameters.values().then((values) => history.mark(markOf(values))) : undefined;
  }

  /** All of it. */
  async train(): Promise<void> {
    const { epochs, batchSize, data, callbacks } = this.#plan, state = this.#state, program = this.#program;
    program.watch();
    this.#history.begin(this.#steps.settings);
    await this.#tell("onTrainBegin");
    for (state.epoch = 1; state.epoch <= epochs; state.epoch++) {
      state.stepInEpoch = 0;
      state.modelEpoch = this.#history.beginEpoch();
      for (const indices of data.epoch(state.modelEpoch, batchSize)) {
        const marking = this.#step(indices);
        if (marking) await marking;
        for (const callback of callbacks) {
          const waiting = callback.onStepEnd?.(state);
          if (waiting) await waiting;
        }
        const pressure = program.pressure();
        if (pressure) await pressure;
        this.#check();
      }
      await this.settle();
      await this.#tell("onEpochEnd");
    }
    state.epoch = epochs;
    await this.#tell("onTrainEnd");
  }
}
