/**
 * What changes parameters while a model trains, beside the optimizer.
 *
 * @module
 */
import type { ParameterStore } from "../engine/engine.ts";
import type { Optimizer } from "../nn/mod.ts";

/** The numbers of a training run, known before its first step. */
export interface MechanismRun {
  /** Epochs of the run. */
  readonly epochs: number;
  /** Steps in an epoch. */
  readonly batches: number;
  /** Images in a step. */
  readonly batchSize: number;
}

/**
 * Acts on the parameters of a `SuppressModel` after each of its steps; `SuppressCtrl` is one. A class of one's own is
 * handed to the model in the same way.
 *
 * @example One that silences all weights beyond 0.5
 * ```ts
 * import { dense, flatten, type Mechanism, openEngine, type ParameterStore, sequential, sgd, SuppressModel } from "@tacet/tacet";
 *
 * class SilenceLargest implements Mechanism {
 *   readonly recorded = { silenced: "beyond 0.5" };
 *   #parameters?: ParameterStore;
 *   attach(parameters: ParameterStore) {
 *     this.#parameters = parameters;
 *   }
 *   async afterStep() {
 *     const weights = (await this.#parameters!.values())["fc1.weight"]!;
 *     const kept = Uint8Array.from(weights, (weight) => Number(weight !== 0 && Math.abs(weight) <= 0.5));
 *     this.#parameters!.setMasks({ "fc1.weight": kept });
 *   }
 * }
 *
 * const network = sequential([1, 2, 2], [flatten(), dense({ outputs: 2 })]);
 * const engine = await openEngine(), optimizer = sgd({ lr: 0.1 });
 * const model = new SuppressModel({ engine, network, optimizer, suppress: new SilenceLargest() });
 * ```
 */
export interface Mechanism {
  /** What checkpoints of the model record of it, under `suppress`: plain values, as JSON has them. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Throws if it cannot act beside this optimizer; asked when the model is made. */
  checkOptimizer?(optimizer: Optimizer): void;
  /** Throws if it cannot serve this run; asked before the first step. */
  checkRun?(run: MechanismRun): void;
  /** Takes charge of the parameters of a run, before its first step; once for each call of `train`. */
  attach(parameters: ParameterStore): void | Promise<void>;
  /**
   * Called after each step; training waits for the promise it may return.
   *
   * @param epoch of this call of `train`, from 1
   * @param stepInEpoch from 1
   */
  afterStep(epoch: number, stepInEpoch: number): unknown;
}
