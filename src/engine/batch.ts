/**
 * The current batch of a program: what is demanded of it, and where it goes.
 *
 * @module
 */
import { finiteRows } from "../checks/numbers.ts";
import { sizeOf } from "../nn/mod.ts";
import type { Activation, BatchMemory, Pass } from "./backend.ts";
import { checkCount, checkIndex, checkLabels } from "./batch_checks.ts";
import type { BatchSource } from "./engine.ts";

/** The images of a batch and their labels. */
export class Batch<A extends Activation> {
  readonly #memory: BatchMemory<A>;
  readonly #pass: Pass;
  readonly #input: A;
  readonly #classes: number;
  readonly #capacity: number;
  #hasLabels = false;

  constructor(memory: BatchMemory<A>, pass: Pass, input: A, classes: number, capacity: number) {
    this.#memory = memory;
    this.#pass = pass;
    this.#input = input;
    this.#classes = classes;
    this.#capacity = capacity;
  }

  /** Whether each image has a label. */
  get hasLabels(): boolean {
    return this.#hasLabels;
  }

  /** See `Program.load`. */
  load(data: BatchSource, indices: ArrayLike<number>): void {
    checkCount("load: got indices of", indices.length, this.#capacity);
    this.#memory.upload(data);
    for (let i = 0; i < indices.length; i++) checkIndex(data.source, indices[i]!);
    this.#pass.images = indices.length;
    this.#memory.gather(data, indices);
    this.#hasLabels = true;
  }

  /** See `Program.setInput`. */
  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    const count = values.length / sizeOf(this.#input.shape);
    checkCount(`setInput: ${values.length} values are`, count, this.#capacity);
    finiteRows("setInput", values, sizeOf(this.#input.shape));
    if (labels) checkLabels(labels, count, this.#classes);
    this.#pass.images = count;
    this.#hasLabels = labels !== undefined;
    if (labels) this.#memory.setLabels(labels);
    this.#memory.write(this.#input, values);
  }
}
