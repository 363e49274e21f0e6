/**
 * The current batch of a program: its images, labels and the uploaded sources they come from.
 *
 * @module
 */
import { sizeOf } from "../nn/mod.ts";
import type { BatchSource } from "./engine.ts";
import type { Activation } from "./site.ts";
import type { Machine } from "./machine.ts";

/** Planes of a source that are resized at a time. */
const RESIZED_AT_ONCE = 256;

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
  /** Where the resized images of the data seen so far lie. */
  readonly #sources = new WeakMap<BatchSource, number>();
  readonly #uploads: {
    readonly images: Uint8Array;
    readonly height: number;
    readonly width: number;
    readonly pointer: number;
  }[] = [];

  constructor(machine: Machine, input: Activation, classes: number, capacity: number, lanes: number) {
    this.machine = machine;
    this.input = input;
    this.classes = classes;
    this.capacity = capacity;
    this.lanes = lanes;
    this.labels = machine.allocate(4 * lanes);
    this.targets = machine.allocate(4 * lanes * classes);
    this.#indices = machine.allocate(4 * lanes);
  }

  #checkCount(what: string, count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > this.capacity) {
      throw new RangeError(
        `${what} ${count} images; this program takes a whole number from 1 to ${this.capacity}, its batch size`,
      );
    }
  }

  /** Refuses data that do not fit the network or themselves; an engine must not compute with them. */
  #check({ source, size }: BatchSource): void {
    const [channels, height, width] = this.input.shape as readonly [number, number, number];
    if (source.channels !== channels || size[0] !== height || size[1] !== width) {
      throw new RangeError(
        `the data are images of [${[source.channels, ...size]}] (channels, height, width), ` +
          `but the network takes [${this.input.shape}]; resize them with the dataset's \`size\``,
      );
    }
    if (source.classes > this.classes) {
      throw new RangeError(`the data have ${source.classes} classes, but the network has ${this.classes} outputs`);
    }
    const pixels = source.count * channels * source.height * source.width;
    if (source.images.length !== pixels || source.labels.length !== source.count) {
      throw new RangeError(
        `the data say they are ${source.count} images of [${[
          channels,
          source.height,
          source.width,
        ]}], which takes ${pixels} pixels ` +
          `and ${source.count} labels, but hold ${source.images.length} and ${source.labels.length}`,
      );
    }
    const wrong = source.labels.findIndex((label) => label >= source.classes);
    if (wrong >= 0) {
      throw new RangeError(
        `label ${wrong} of the data is ${source.labels[wrong]}, but there are ${source.classes} classes`,
      );
    }
  }

  #checkLabels(labels: ArrayLike<number>, count: number): void {
    if (labels.length !== count) {
      throw new RangeError(`setInput: labels has ${labels.length} values; there are ${count} images`);
    }
    const wrong = Array.from(labels).findIndex((label) =>
      !(Number.isInteger(label) && label >= 0 && label < this.classes)
    );
    if (wrong >= 0) {
      throw new RangeError(
        `setInput: labels[${wrong}] is ${labels[wrong]}; it must be an integer from 0 to ${this.classes - 1}`,
      );
    }
  }

  /** Brings a source's images into the memory, resized, if they are not there yet. */
  #upload({ images, count, channels, height, width }: BatchSource["source"]): number {
    const known = this.#uploads.find((other) =>
      other.images === images && other.height === height && other.width === width
    );
    if (known) return known.pointer;
    const { machine } = this;
    const [, newHeight, newWidth] = this.input.shape as readonly [number, number, number];
    const planes = count * channels, taken = Math.min(planes, RESIZED_AT_ONCE), plane = height * width;
    const pointer = machine.allocate(planes * newHeight * newWidth);
    const raw = machine.allocate(taken * plane), scratch = machine.allocate(16 * (newHeight + newWidth));
    for (let first = 0; first < planes; first += taken) {
      const some = Math.min(taken, planes - first);
      machine.bytes.set(images.subarray(first * plane, (first + some) * plane), raw);
      machine.kernels.resize(
        raw,
        pointer + first * newHeight * newWidth,
        some,
        height,
        width,
        newHeight,
        newWidth,
        scratch,
      );
    }
    this.#uploads.push({ images, height, width, pointer });
    return pointer;
  }

  /** Gathers the images of the given indices and their labels. */
  load(data: BatchSource, indices: ArrayLike<number>): void {
    this.#checkCount("load: got indices of", indices.length);
    const { source } = data;
    let images = this.#sources.get(data);
    if (images === undefined) {
      this.#check(data);
      this.#sources.set(data, images = this.#upload(source));
    }
    const { kernels, ints, floats } = this.machine;
    const oneHot = data.labels === "oneHot";
    if (oneHot) floats.fill(0, this.targets / 4, this.targets / 4 + this.classes * this.lanes);
    for (let lane = 0; lane < indices.length; lane++) {
      const index = indices[lane]!;
      const label = source.labels[index];
      if (label === undefined) {
        throw new RangeError(`load: index ${index} is outside the ${source.count} images of the data`);
      }
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
    this.#checkCount(`setInput: ${values.length} values are`, count);
    if (labels) this.#checkLabels(labels, count);
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
