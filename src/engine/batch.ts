/**
 * The current batch of a program: its images, labels and the uploaded sources they come from.
 *
 * @module
 */
import { sizeOf } from "../nn/mod.ts";
import type { BatchSource } from "./engine.ts";
import { GATHER_SHAPE } from "./kernels.ts";
import type { Activation } from "./layer_calls.ts";
import type { Machine } from "./machine.ts";

/** A source whose images lie in the machine's memory. */
interface Upload {
  readonly images: number;
  /** The gather's shape record and its room for coefficients. */
  readonly shape: number;
  readonly scratch: number;
}

/** The batch in the machine's memory. Labels are loaded in one of two forms. */
export class Batch {
  /** Number of images in the current batch. */
  count = 0;
  /** Form of the current labels; undefined if the batch has none. */
  labelForm: BatchSource["labels"] | undefined;
  /** int32 `[lanes]`. */
  readonly labels: number;
  /** float32 `[classes][lanes]`: one-hot labels. */
  readonly targets: number;
  readonly #indices: number;
  readonly #uploads = new Map<Uint8Array, Upload>();

  constructor(
    readonly machine: Machine,
    readonly input: Activation,
    readonly classes: number,
    readonly capacity: number,
    readonly lanes: number,
  ) {
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

  #upload({ source, size }: BatchSource): Upload {
    const [channels, height, width] = this.input.shape as readonly [number, number, number];
    if (source.channels !== channels || size[0] !== height || size[1] !== width) {
      throw new RangeError(
        `the data are images of [${[
          source.channels,
          ...size,
        ]}] (channels, height, width), but the network takes [${this.input.shape}]; resize them with the dataset's \`size\``,
      );
    }
    if (source.classes > this.classes) {
      throw new RangeError(`the data have ${source.classes} classes, but the network has ${this.classes} outputs`);
    }
    const { machine } = this;
    const images = machine.allocate(source.images.length);
    machine.bytes.set(source.images, images);
    const shape = machine.allocate(4 * GATHER_SHAPE.length);
    machine.ints.set([channels, source.height, source.width, height, width, this.lanes], shape / 4);
    return { images, shape, scratch: machine.allocate(16 * (height + width)) };
  }

  /** Gathers the images of the given indices and their labels. */
  load(data: BatchSource, indices: ArrayLike<number>): void {
    this.#checkCount("load: got indices of", indices.length);
    const { source } = data;
    let upload = this.#uploads.get(source.images);
    if (!upload) this.#uploads.set(source.images, upload = this.#upload(data));
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
      upload.images,
      this.#indices,
      this.input.value,
      indices.length,
      data.scale,
      upload.scratch,
      upload.shape,
    );
    this.count = indices.length;
    this.labelForm = data.labels;
  }

  /** Takes the pixels `[images][channels][height][width]` as the batch. */
  setInput(values: Float32Array): void {
    this.#checkCount(`setInput: ${values.length} values are`, values.length / sizeOf(this.input.shape));
    this.count = values.length / sizeOf(this.input.shape);
    this.labelForm = undefined;
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
