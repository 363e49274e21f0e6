/**
 * A network whose parameters an engine holds: what can be seen of it.
 *
 * @module
 */
import type { Engine, Program } from "../engine/engine.ts";
import { checkFinite } from "../engine/finite.ts";
import type { Network } from "../nn/mod.ts";
import { evaluate } from "./evaluate.ts";
import type { Metric, ModelOptions } from "./options.ts";
import type { SparsityReport } from "./sparsity.ts";
import type { TrainingData } from "./training_data.ts";

/**
 * A network whose parameters an engine holds: what can be seen of a {@link Model}.
 *
 * @example
 * ```ts
 * import { dense, flatten, Model, openEngine, sequential, sgd } from "@tacet/tacet";
 * const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]);
 * const model = new Model({ engine: await openEngine(), network, optimizer: sgd({ lr: 0.1 }) });
 * console.log(Object.keys(await model.parameters())); // fc1.weight, fc1.bias
 * ```
 */
export abstract class HeldNetwork {
  /** What is trained. */
  readonly network: Network;
  /** What carries the arithmetic out. */
  protected readonly engine: Engine;
  readonly #metrics: Readonly<Record<string, Metric>>;
  #program: Program | undefined;

  /** Computes nothing yet: the parameters are drawn when they are first needed. */
  constructor({ engine, network, metrics = {} }: Omit<ModelOptions, "optimizer">) {
    this.engine = engine;
    this.network = network;
    this.#metrics = metrics;
  }

  /**
   * The program that holds the parameters; made anew, with the same parameters, when another batch size is asked for.
   */
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
   * The metrics over all images of a data set; of a {@link Dataset}, in order and to the last one, however it is
   * batched for training.
   *
   * @returns each metric's value by its name
   * @throws {RangeError} (as a rejection) if a parameter or a logit is not finite.
   */
  async eval(data: TrainingData): Promise<Record<string, number>> {
    const program = await this.program();
    await this.parameters();
    return await evaluate(program, data, this.#metrics);
  }

  /**
   * The values of all parameters, copied.
   *
   * @throws {RangeError} (as a rejection) if one is not finite: training has diverged, though its loss may not tell
   * (ReLU hides minus infinity).
   */
  async parameters(): Promise<Record<string, Float32Array>> {
    const values = await (await this.program()).parameters.values();
    checkFinite(values);
    return values;
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
    const { sparsityReport } = await import("./sparsity.ts");
    return sparsityReport(this.network, await this.parameters(), await this.masks());
  }
}
