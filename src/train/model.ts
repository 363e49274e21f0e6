/**
 * Training and evaluation of a network.
 *
 * @module
 */
import { integer, positive } from "../checks/numbers.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { TrainingRecord } from "../checkpoint/record.ts";
import type { ParameterStore } from "../engine/engine.ts";
import { fitValues } from "../nn/fit.ts";
import { checkOwnGradients } from "../nn/mixing.ts";
import { dpSgd, type Fit, type FitOptions, type Optimizer, type ParameterValues } from "../nn/mod.ts";
import type { AccountingOptions } from "../privacy/mod.ts";
import { HeldNetwork } from "./held_network.ts";
import { History } from "./history.ts";
import type { ModelInTraining } from "./model_in_training.ts";
import type { ModelOptions, TrainingPlan, TrainOptions } from "./options.ts";
import type { OriginOptions } from "./origin.ts";
import { loadAccountant, type PrivacySpent, privacySpent } from "./privacy_spent.ts";
import { Run } from "./run.ts";
import { stepsOf } from "./steps.ts";
import type { TrainingData } from "./training_data.ts";

/** A network in training: ordinary training with mean softmax cross entropy. */
export class Model extends HeldNetwork implements ModelInTraining {
  #optimizer: Optimizer;
  readonly #history = new History();
  /** The training under way, and what it goes through once its program is there. */
  #training = false;
  #run: Run | undefined;

  /**
   * Computes nothing yet: the parameters are drawn when they are first needed.
   *
   * @param options engine, network, optimizer and metrics
   * @throws {RangeError} if the optimizer is a `dpSgd` whose figures are out of range.
   * @throws {TypeError} if it is a `dpSgd` and the network has batch normalisation: see {@link batchNorm}.
   * @example
   * ```ts
   * import { accuracy, Dataset, drawnDigits, lenet5, Model, momentum, openEngine } from "@tacet/tacet";
   * const model = new Model({ engine: await openEngine(), network: lenet5(), optimizer: momentum({ lr: 0.01 }), metrics: { accuracy: accuracy() } });
   * const digits = new Dataset(drawnDigits(320), { size: [32, 32] });
   * await model.train(1, digits, { batchSize: 32 });
   * console.log(await model.eval(digits)); // { accuracy: ... }
   * ```
   */
  constructor(options: ModelOptions) {
    super(options);
    // Privacy is promised on these figures: they are looked at again, since an object may be made by hand.
    if (options.optimizer.kind === "dpSgd") {
      dpSgd(options.optimizer);
      checkOwnGradients(options.network);
    }
    this.#optimizer = options.optimizer;
  }

  /** The rule by which a step changes the parameters. */
  get optimizer(): Optimizer {
    return this.#optimizer;
  }

  /**
   * Changes the optimizer's learning rate from the next step on; see {@link LearningRateScheduler}.
   *
   * @throws {RangeError} if it is no positive number.
   */
  setLearningRate(lr: number): void {
    this.#optimizer = { ...this.#optimizer, lr: positive("lr", lr) };
  }

  /** Steps trained so far. */
  get steps(): number {
    return this.#history.steps;
  }

  /**
   * Trains for a number of epochs. They are counted over all calls, and over restores: each has batches of its own,
   * also behind an epoch that was broken off. The optimizer's velocity starts at 0 when the batch size changes.
   *
   * @param epochs a positive integer
   * @param data its size must be the network's input
   * @throws {RangeError} (as a rejection) if an argument is out of range or the data hold no batch; with `dpSgd` also
   * if a batch is none by Poisson sampling.
   * @throws {TypeError} (as a rejection) if the model is training already, or data and optimizer do not go together.
   * @throws {DivergedError} (as a rejection) if the loss of a step is not finite. The model is left as it was before
   * that step. On a GPU callbacks may have been told of up to 256 steps behind it, which changed no parameter.
   */
  async train(epochs: number, data: TrainingData, options: TrainOptions = {}): Promise<void> {
    const { batchSize = 32, callbacks = [] } = options;
    integer("epochs", epochs);
    const batches = data.batches(batchSize);
    if (batches < 1) {
      throw new RangeError(`the data hold no batch of ${batchSize} images: take a smaller batchSize or more data`);
    }
    if (this.#training) throw new TypeError("this model is already training; wait for that to end");
    this.#training = true;
    try {
      const steps = await stepsOf(this.optimizer, data, batchSize);
      const begin = this.prepare({ epochs, batches, batchSize, data, callbacks });
      const program = await this.program(steps.imagesAtOnce);
      this.#run = new Run(this, program, this.#history, steps, await begin(program.parameters));
      await this.#run.train();
    } finally {
      this.#training = false;
      this.#run = undefined;
    }
  }

  /**
   * Looks at a plan before anything of the model changes, and may refuse it. What it returns is called with the
   * parameters before the first step, and gives the plan that is carried out. Here that is the plan itself.
   */
  protected prepare(plan: TrainingPlan): (parameters: ParameterStore) => TrainingPlan | Promise<TrainingPlan> {
    return () => plan;
  }

  /**
   * All training that this model has seen, in order: steps as they were really taken, over all calls of `train` and all
   * restores. It is in its checkpoints.
   */
  get record(): TrainingRecord {
    return this.#history.record;
  }

  /**
   * The privacy spent so far, by all that is on {@link Model.record}: `composedEpsilonOf` its private stretches. It is
   * Infinity if a step was taken without differential privacy or without noise, or if parameters came from elsewhere
   * and nobody has vouched for them; `why` says so. What the promise rests on beside the record is written at `dpSgd`.
   *
   * @param options `delta`, and if wanted orders and conversion
   * @throws {RangeError} if one is out of range.
   * @example
   * ```ts
   * import { Dataset, dense, dpSgd, drawnDigits, flatten, Model, openEngine, sequential } from "@tacet/tacet";
   * const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]);
   * const optimizer = dpSgd({ lr: 0.5, clip: 1, noiseMultiplier: 1.1, batchSize: 20 });
   * const model = new Model({ engine: await openEngine(), network, optimizer });
   * await model.train(2, new Dataset(drawnDigits(200), { sampling: "poisson" }), { batchSize: 20 });
   * const { epsilon, steps } = model.privacy({ delta: 1e-3 });
   * console.log(epsilon.toFixed(2), steps); // 2.23 20
   * ```
   */
  privacy(options: AccountingOptions): PrivacySpent {
    return privacySpent(this.#history.record.stretches, options);
  }

  /**
   * Replaces all parameters, or with `partial` those given; weights that a mask suppresses stay 0. All are judged
   * before the first is replaced. The record notes parameters of unknown origin, with which no privacy is promised any
   * longer, unless `publicData` vouches for them.
   *
   * @returns what was taken off the names, and what was missing or not taken
   * @throws {RangeError} (as a rejection) naming every parameter that is missing, unknown or has another number of
   * values, or one that is not finite. Shapes are not known here: {@link Model.restore} judges them.
   * @throws {TypeError} (as a rejection) if values are no Float32Array.
   */
  async setParameters(values: ParameterValues, options: FitOptions & OriginOptions = {}): Promise<Fit> {
    const { parameters } = await this.program(), fitted = fitValues(parameters.specs, values, options);
    parameters.setValues(fitted.values);
    this.#history.receive(options.publicData ?? false);
    parameters.applyMasks();
    return fitted.fit;
  }

  /** Settings that a checkpoint records beside the parameters. */
  protected settings(): Record<string, unknown> {
    const { optimizer } = this;
    if (optimizer.kind !== "dpSgd") return { optimizer: { ...optimizer } };
    // Who has the seed can take the noise away again: it must not travel with the model.
    const { seed: _, ...rest } = optimizer;
    return { optimizer: rest };
  }

  /**
   * All that {@link saveCheckpoint} writes of this model: parameters, masks, steps, settings (without the seed of
   * private noise) and the training record.
   *
   * @throws {DivergedError} (as a rejection) during training that has diverged.
   * @throws {RangeError} (as a rejection) if a parameter is not finite: what has diverged is not saved as a model.
   */
  async checkpoint(): Promise<Checkpoint> {
    await this.#run?.settle();
    const values = await this.parameters();
    const parameters = Object.fromEntries(
      this.network.parameters.map(({ name, shape }) => [name, { shape, data: values[name]! }]),
    );
    const { record, steps } = this.#history;
    return { parameters, masks: await this.masks(), step: steps, settings: this.settings(), record };
  }

  /**
   * Takes parameters, masks and the number of steps from a checkpoint, all or nothing: names, shapes and masks are
   * judged before the first is replaced. Masks that it does not have are gone, and the optimizer begins anew. A prefix
   * of known wrappers ("module.", "_orig_mod.", "network.", "networks.") is taken off where all names are the network's
   * without it. A weight stored transposed is seen by its shape: a square one is not. No spending of privacy is lost by
   * it: what the model has seen itself stays on its record.
   *
   * The model's record afterwards, by what the checkpoint's is:
   * - it goes on from the model's own (a later checkpoint of it), or the model is new: the checkpoint's
   * - it is where the model's own came from (an earlier checkpoint): the model's own; what came later was spent, too
   * - it is another one, or branched off: the model's own, and what the checkpoint's has beyond it; both are spent
   * - there is none (an old file, or another tool's): the model's own, and steps of which nothing is known, with which
   *   epsilon is Infinity
   *
   * Steps without privacy and those of which nothing is known make epsilon Infinity too; with `publicData: true` the
   * caller vouches for those of the checkpoint, as for training on public data. Its private steps count in any case.
   * Trainings are told apart by a mark of the parameters behind their first step. What is done next has batches and
   * noise that neither the model nor the checkpoint has used.
   *
   * What cannot be seen: a checkpoint from which another model went on, too. Both draw the same batches and noise from
   * the same seeds, which takes the promise away from both: give one of them other seeds.
   *
   * @param options `partial` to leave parameters that the checkpoint lacks as they are, with their masks; `prefix` to
   * take another one off
   * @returns what was taken off the names, and what was missing or not taken
   * @throws {RangeError} (as a rejection) naming every parameter that is missing, unknown or of another shape, and
   * every mask that fits none; or a value that is not finite.
   * @throws {TypeError} (as a rejection) if values are no Float32Array.
   */
  async restore(checkpoint: Checkpoint, options: FitOptions & OriginOptions = {}): Promise<Fit> {
    integer("the checkpoint's step", checkpoint.step, 0);
    const [{ judgeRecord, restoredRecord }] = await Promise.all([import("./restore.ts"), loadAccountant()]);
    judgeRecord(checkpoint.record);
    const fit = (await this.program()).parameters.restore(checkpoint, options);
    const record = restoredRecord(this.record, checkpoint, options.publicData ?? false);
    this.#history.restore(record, checkpoint.step);
    return fit;
  }
}
