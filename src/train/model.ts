/**
 * Training and evaluation of a network.
 *
 * @module
 */
import { finite, integer, positive } from "../checks/numbers.ts";
import type { Checkpoint } from "../checkpoint/network_file.ts";
import type { BatchSource, Engine, Program } from "../engine/engine.ts";
import type { Network, Optimizer, ParameterValues } from "../nn/mod.ts";
import type { Callback, TrainingState } from "./callback.ts";
import { type SparsityReport, sparsityReport } from "./sparsity.ts";

/** Data to train on: a {@link Dataset}, or anything else that hands out batches of indices. */
export interface TrainingData extends BatchSource {
  /** Number of batches in an epoch. */
  batches(batchSize: number): number;
  /** The indices of each batch of an epoch (counted from 1), in turn. */
  epoch(epoch: number, batchSize: number): Iterable<ArrayLike<number>>;
  /** "poisson" if each example takes part in each batch with the same probability, whatever the others do. */
  readonly sampling?: "shuffle" | "poisson";
  /** The same data once, in order and to the last image, for evaluation. */
  inOrder?(): TrainingData;
}

/** A figure computed over the outputs for a data set; {@link accuracy} is one. */
export interface Metric {
  /** Forgets all images. */
  clear(): void;
  /** Takes logits `[images][classes]` and the images' labels. */
  update(logits: Float32Array, labels: ArrayLike<number>, classes: number): void;
  /** The figure over all images since the last clear. */
  value(): number;
}

/** Options of {@link Model} and `SuppressModel`. */
export interface ModelOptions {
  /** What carries the arithmetic out; see `openEngine`. */
  readonly engine: Engine;
  /** What is trained; its seed decides the first parameters. */
  readonly network: Network;
  /** The rule by which a step changes the parameters. */
  readonly optimizer: Optimizer;
  /** What {@link Model.eval} computes, by names of one's own. */
  readonly metrics?: Readonly<Record<string, Metric>>;
}

/** Options of {@link Model.train}. */
export interface TrainOptions {
  /** Images in a step, the mean of them with Poisson sampling; default 32. */
  readonly batchSize?: number;
  /** Told of every step and epoch, in this order; default none. */
  readonly callbacks?: readonly Callback[];
}

/**
 * The loss is no longer a finite number: training has diverged.
 *
 * @example
 * ```ts
 * import { dense, DivergedError, flatten, Model, openEngine, sequential, sgd } from "@tacet/tacet";
 * import { Dataset, drawnDigits } from "@tacet/tacet/data";
 * const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]);
 * const model = new Model({ engine: await openEngine(), network, optimizer: sgd({ lr: 1e38 }) });
 * try {
 *   await model.train(1, new Dataset(drawnDigits(64)));
 * } catch (error) {
 *   if (!(error instanceof DivergedError)) throw error;
 *   console.log(error.message); // a smaller learning rate may help
 * }
 * ```
 */
export class DivergedError extends Error {
  /** Always "DivergedError". */
  override name = "DivergedError";
}

/** Images that differentially private training takes at once: enough to fill the vectors, few enough to stay in the cache. */
const PRIVATE_IMAGES_AT_ONCE = 32;

/** What a run of training goes through. */
interface Run {
  readonly epochs: number;
  readonly batches: number;
  readonly batchSize: number;
  readonly data: TrainingData;
  readonly callbacks: readonly Callback[];
}

/** A network in training: ordinary training with mean softmax cross entropy. */
export class Model {
  /** What is trained. */
  readonly network: Network;
  #optimizer: Optimizer;
  /** What carries the arithmetic out. */
  protected readonly engine: Engine;
  readonly #metrics: Readonly<Record<string, Metric>>;
  #program: Program | undefined;
  #steps = 0;
  #training = false;

  /**
   * Computes nothing yet: the parameters are drawn when they are first needed.
   *
   * @param options engine, network, optimizer and metrics
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
    this.engine = options.engine;
    this.network = options.network;
    this.#optimizer = options.optimizer;
    this.#metrics = options.metrics ?? {};
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
    return this.#steps;
  }

  /** The program that holds the parameters; made anew, with the same parameters, when another batch size is asked for. */
  protected async program(batchSize: number = this.#program?.batchSize ?? 32): Promise<Program> {
    const old = this.#program;
    if (old?.batchSize === batchSize) return old;
    const program = this.engine.program(this.network, { batchSize, gradients: "parameters" });
    if (old) {
      program.parameters.setValues(await old.parameters.values());
      program.parameters.setMasks(await old.parameters.masks());
    }
    this.#program = program;
    return program;
  }

  /**
   * Trains for a number of epochs. The optimizer's velocity starts at 0 when the batch size changes.
   *
   * @param epochs a positive integer
   * @param data its size must be the network's input
   * @throws {RangeError} (as a rejection) if an argument is out of range or the data hold no batch.
   * @throws {DivergedError} (as a rejection) if the loss of an epoch's last batch is not finite.
   */
  async train(epochs: number, data: TrainingData, options: TrainOptions = {}): Promise<void> {
    const { batchSize = 32, callbacks = [] } = options;
    integer("epochs", epochs);
    const batches = data.batches(batchSize);
    if (batches < 1) {
      throw new RangeError(`the data hold no batch of ${batchSize} images: take a smaller batchSize or more data`);
    }
    if (this.#training) throw new TypeError("this model is already training; wait for that to end");
    this.#checkPrivacy(data, batchSize);
    this.#training = true;
    try {
      // Batches by Poisson sampling are of any size: they are done in parts.
      const atOnce = this.optimizer.kind === "dpSgd" ? Math.min(batchSize, PRIVATE_IMAGES_AT_ONCE) : batchSize;
      const run = { epochs, batches, batchSize, data, callbacks };
      await this.#train(await this.program(atOnce), run);
    } finally {
      this.#training = false;
    }
  }

  /** Differential privacy's accounting holds only for training that is arranged as it says. */
  #checkPrivacy({ sampling }: TrainingData, batchSize: number): void {
    const { optimizer } = this, isPrivate = optimizer.kind === "dpSgd";
    if (isPrivate && sampling !== "poisson") {
      throw new TypeError('dpSgd needs Poisson sampling: make the Dataset with `sampling: "poisson"`');
    }
    if (!isPrivate && sampling === "poisson") {
      throw new TypeError(`${optimizer.kind} needs batches of equal size; \`sampling: "poisson"\` is for dpSgd`);
    }
    if (isPrivate && optimizer.batchSize !== batchSize) {
      throw new RangeError(
        `batchSize is ${batchSize}, but the optimizer was made for batchSize ${optimizer.batchSize}`,
      );
    }
  }

  /** One step on the given examples. */
  #step(program: Program, data: TrainingData, indices: ArrayLike<number>): void {
    const { optimizer } = this;
    if (optimizer.kind !== "dpSgd") {
      program.load(data, indices);
      program.trainStep(optimizer);
      return;
    }
    const examples = Array.from(indices);
    for (let first = 0; first < examples.length; first += program.batchSize) {
      program.load(data, examples.slice(first, first + program.batchSize));
      program.clippedGradients(optimizer.clip);
    }
    program.parameters.update(optimizer, this.#steps);
  }

  async #train(program: Program, { epochs, batches, batchSize, data, callbacks }: Run): Promise<void> {
    const state = {
      model: this,
      epoch: 0,
      epochs,
      stepInEpoch: 0,
      batches,
      step: 0,
      steps: epochs * batches,
      loss: () => program.loss(),
    };
    const tell = async (event: keyof Callback) => {
      for (const callback of callbacks) await callback[event]?.(state as TrainingState);
    };
    await tell("onTrainBegin");
    for (state.epoch = 1; state.epoch <= epochs; state.epoch++) {
      state.stepInEpoch = 0;
      for (const indices of data.epoch(state.epoch, batchSize)) {
        this.#step(program, data, indices);
        state.stepInEpoch++;
        state.step++;
        this.#steps++;
        for (const callback of callbacks) {
          const waiting = callback.onStepEnd?.(state);
          if (waiting) await waiting;
        }
        const pressure = program.pressure();
        if (pressure) await pressure;
      }
      const loss = await program.loss();
      if (!Number.isFinite(loss)) {
        throw new DivergedError(
          `training diverged: the loss is ${loss} at the end of epoch ${state.epoch}; take a smaller lr than ${this.optimizer.lr}`,
        );
      }
      await tell("onEpochEnd");
    }
    state.epoch = epochs;
    await tell("onTrainEnd");
  }

  /**
   * The metrics over all images of a data set; of a {@link Dataset}, in order and to the last one, however it is batched for training.
   *
   * @returns each metric's value by its name
   * @throws {RangeError} (as a rejection) if a parameter or a logit is not finite.
   */
  async eval(data: TrainingData): Promise<Record<string, number>> {
    const program = await this.program();
    await this.parameters();
    const metrics = Object.entries(this.#metrics);
    for (const [, metric] of metrics) metric.clear();
    const whole = data.inOrder?.() ?? data;
    for (const indices of whole.epoch(1, program.batchSize)) {
      program.load(whole, indices);
      program.forward();
      const logits = await program.output();
      const wrong = logits.findIndex((logit) => !Number.isFinite(logit)), classes = logits.length / indices.length;
      if (wrong >= 0) {
        throw new RangeError(
          `the logit of class ${wrong % classes} for image ${indices[Math.floor(wrong / classes)]} of the data is ${
            logits[wrong]
          }; it must be finite`,
        );
      }
      const labels = Array.from(indices, (index) => data.source.labels[index]!);
      for (const [, metric] of metrics) metric.update(logits, labels, classes);
    }
    return Object.fromEntries(metrics.map(([name, metric]) => [name, metric.value()]));
  }

  /**
   * The values of all parameters, copied.
   *
   * @throws {RangeError} (as a rejection) if one is not finite: training has diverged, though its loss may not tell
   * (ReLU hides minus infinity).
   */
  async parameters(): Promise<Record<string, Float32Array>> {
    const values = await (await this.program()).parameters.values();
    for (const [name, data] of Object.entries(values)) finite(`parameter ${name}`, data);
    return values;
  }

  /**
   * Replaces parameters by name; the others stay.
   *
   * @throws {RangeError} (as a rejection) if a value is not finite, a name is unknown or has another number of values.
   */
  async setParameters(values: ParameterValues): Promise<void> {
    (await this.program()).parameters.setValues(values);
  }

  /** The masks of all masked parameters: 1 = kept, 0 = suppressed. */
  async masks(): Promise<Record<string, Uint8Array>> {
    return (await this.program()).parameters.masks();
  }

  /**
   * How much of the model is silent now.
   *
   * @throws {RangeError} (as a rejection) if a parameter is not finite.
   */
  async sparsity(): Promise<SparsityReport> {
    return sparsityReport(this.network, await this.parameters(), await this.masks());
  }

  /** Settings that a checkpoint records beside the parameters. */
  protected settings(): Record<string, unknown> {
    return { optimizer: { ...this.optimizer } };
  }

  /**
   * All that {@link saveCheckpoint} writes of this model: parameters, masks, steps and settings.
   *
   * @throws {RangeError} (as a rejection) if a parameter is not finite: what has diverged is not saved as a model.
   */
  async checkpoint(): Promise<Checkpoint> {
    const values = await this.parameters();
    const parameters = Object.fromEntries(
      this.network.parameters.map(({ name, shape }) => [name, { shape, data: values[name]! }]),
    );
    return { parameters, masks: await this.masks(), step: this.#steps, settings: this.settings() };
  }

  /**
   * Takes parameters, masks and the number of steps from a checkpoint.
   *
   * @throws {RangeError} (as a rejection) if a value is not finite, or a name or size is not this network's.
   */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { parameters } = await this.program();
    parameters.setValues(
      Object.fromEntries(Object.entries(checkpoint.parameters).map(([name, { data }]) => [name, data])),
    );
    parameters.setMasks(checkpoint.masks);
    this.#steps = checkpoint.step;
  }
}
