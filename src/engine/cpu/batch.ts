/**
 * The current batch of a program: its images and labels.
 *
 * @module
 */
import { finiteRows } from "../../checks/numbers.ts";
import { sizeOf } from "../../nn/mod.ts";
import { checkCount, checkIndex, checkLabels, checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import type { Activation } from "./site.ts";
import type { Machine } from "./machine.ts";
import { type Upload, Uploads } from "./uploads.ts";

/** The batch in the machine's memory. Labels are loaded in one of two forms. */
export class Batch {
  readonly machine: Machine;
  readonly input: Activation;
  readonly classes: number;
  /** The most images it takes. */
  readonly capacity: number;
  readonly lanes: number;
  /** Number of images in the current batch. */
  count = 0;
  /** Form of the current labels; undefined if the batch has none. */
  labelForm: BatchSource["labels"] | undefined;
  /** int32 `[lanes]`. */
  readonly labels: number;
  /** float32 `[classes][lanes]`: one-hot labels. */
  readonly targets: number;
  readonly #indices: number;
  readonly #uploads: Uploads;
  /** The uploads of the data seen so far, as long as they are there. */
  readonly #known = new WeakMap<BatchSource, Upload>();

  constructor(machine: Machine, input: Activation, classes: number, capacity: number, lanes: number) {
    this.machine = machine;
    this.input = input;
    this.classes = classes;
    this.capacity = capacity;
    this.lanes = lanes;
    this.labels = machine.allocate(4 * lanes);
    this.targets = machine.allocate(4 * lanes * classes);
    this.#indices = machine.allocate(4 * lanes);
    this.#uploads = new Uploads(machine, input.shape);
  }

  /** Where the images of data lie. */
  #images(data: BatchSource): number {
    let upload = this.#known.get(data);
    if (!upload || !this.#uploads.use(upload)) {
      checkSource(data, this.input.shape, this.classes);
      this.#known.set(data, upload = this.#uploads.of(data.source));
    }
    return upload.pointer;
  }

  /** Gathers the images of the given indices and their labels. */
  load(data: BatchSource, indices: ArrayLike<number>): void {
    checkCount("load: got indices of", indices.length, this.capacity);
    const { source } = data, images = this.#images(data);
    const { kernels, ints, floats } = this.machine;
    const oneHot = data.labels === "oneHot";
    if (oneHot) floats.fill(0, this.targets / 4, this.targets / 4 + this.classes * this.lanes);
    for (let lane = 0; lane < indices.length; lane++) {
      const index = indices[lane]!;
      checkIndex(source, index);
      const label = source.labels[index]!;
      ints[this.#indices / 4 + lane] = index;
      if (oneHot) floats[this.targets / 4 + label * this.lanes + lane] = 1;
      else ints[this.labels / 4 + lane] = label;
    }
    kernels.gather(
      images,
      this.#indices,
      this.input.value,
      indices.length,
      sizeOf(this.input.shape),
      this.lanes,
      data.scale,
    );
    this.count = indices.length;
    this.labelForm = data.labels;
  }

  /** Takes the pixels `[images][channels][height][width]` as the batch, with a label each or with none. */
  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    const count = values.length / sizeOf(this.input.shape);
    checkCount(`setInput: ${values.length} values are`, count, this.capacity);
    finiteRows("setInput", values, sizeOf(this.input.shape));
    if (labels) checkLabels(labels, count, this.classes);
    this.count = count;
    this.labelForm = labels && "integer";
    if (labels) this.machine.ints.set(labels, this.labels / 4);
    this.write(this.input.value, sizeOf(this.input.shape), values);
  }

  /** Lays `[count][size]` out as `[size][lanes]`; lanes without an image become 0. */
  write(pointer: number, size: number, values: Float32Array): void {
    const { floats } = this.machine;
    for (let i = 0; i < size; i++) {
      for (let lane = 0; lane < this.lanes; lane++) {
        floats[pointer / 4 + i * this.lanes + lane] = lane < this.count ? values[lane * size + i]! : 0;
      }
    }
  }

  /** The reverse of {@link Batch.write}: `[size][lanes]` as `[count][size]`. */
  read(pointer: number, size: number): Float32Array {
    const { floats } = this.machine;
    const values = new Float32Array(this.count * size);
    for (let i = 0; i < size; i++) {
      for (let lane = 0; lane < this.count; lane++) {
        values[lane * size + i] = floats[pointer / 4 + i * this.lanes + lane]!;
      }
    }
    return values;
  }
}
