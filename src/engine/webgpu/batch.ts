/**
 * The current batch of a program on a GPU, and the data sets that batches come from: uploaded once, gathered and resized there.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import { checkCount, checkIndex, checkLabels, checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import { taps } from "../reference/gather.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { Activation } from "./site.ts";

/** A data set in a device's memory. */
interface Upload {
  readonly images: GPUBuffer;
  readonly labels: GPUBuffer;
}

/** The data sets that an engine has uploaded, by their images and labels. */
export type Uploads = WeakMap<Uint8Array, WeakMap<Uint8Array, Upload>>;

function upload(device: Device, uploads: Uploads, { images, labels }: BatchSource["source"]): Upload {
  let ofImages = uploads.get(images);
  if (!ofImages) uploads.set(images, ofImages = new WeakMap());
  let known = ofImages.get(labels);
  if (!known) {
    known = { images: device.buffer(images.length), labels: device.buffer(4 * labels.length) };
    const whole = images.length & ~3;
    device.write(known.images, 0, images.subarray(0, whole) as Uint8Array<ArrayBuffer>);
    // Writes go by words.
    if (whole < images.length) {
      const rest = new Uint8Array(4);
      rest.set(images.subarray(whole));
      device.write(known.images, whole, rest);
    }
    device.write(known.labels, 0, Uint32Array.from(labels));
    ofImages.set(labels, known);
  }
  return known;
}

/** The batch in the device's memory. */
export class GpuBatch {
  readonly input: Activation;
  readonly lanes: number;
  /** u32 `[lanes]`. */
  readonly labels: GPUBuffer;
  /** Number of images in the current batch. */
  count = 0;
  hasLabels = false;
  readonly #device: Device;
  readonly #uploads: Uploads;
  readonly #classes: number;
  readonly #capacity: number;
  readonly #indices: GPUBuffer;
  readonly #gathers = new WeakMap<BatchSource, Kernel>();

  constructor(
    device: Device,
    uploads: Uploads,
    input: Activation,
    { classes, capacity, lanes }: { readonly classes: number; readonly capacity: number; readonly lanes: number },
  ) {
    this.#device = device;
    this.#uploads = uploads;
    this.input = input;
    this.#classes = classes;
    this.#capacity = capacity;
    this.lanes = lanes;
    this.labels = device.buffer(4 * lanes);
    this.#indices = device.buffer(4 * lanes);
  }

  #gather(data: BatchSource): Kernel {
    let gather = this.#gathers.get(data);
    if (!gather) {
      const { input, lanes } = this, { source } = data;
      checkSource(data, input.shape, this.#classes);
      const [channels, height, width] = input.shape as readonly [number, number, number];
      const { images, labels } = upload(this.#device, this.#uploads, source);
      const lines = [...taps(source.height, height, "rows"), ...taps(source.width, width, "columns")];
      const lineBuffer = this.#device.buffer(16 * lines.length);
      this.#device.write(
        lineBuffer,
        0,
        Int32Array.from(lines.flatMap(({ first, second, c1, c2 }) => [first, second, c1, c2])),
      );
      const resized = source.height !== height || source.width !== width;
      const source2d = { sourceHeight: source.height, sourceWidth: source.width };
      gather = this.#device.kernel(
        "gather",
        { channels, ...source2d, height, width, lanes, resized },
        [images, labels, this.#indices, lineBuffer, input.value, this.labels],
        flat(sizeOf(input.shape) * lanes),
      );
      this.#gathers.set(data, gather);
    }
    return gather;
  }

  /** Gathers the images of the given indices and their labels. */
  load(data: BatchSource, indices: ArrayLike<number>): void {
    checkCount("load: got indices of", indices.length, this.#capacity);
    const gather = this.#gather(data);
    for (let lane = 0; lane < indices.length; lane++) checkIndex(data.source, indices[lane]!);
    this.#device.write(this.#indices, 0, Uint32Array.from(indices));
    this.#device.run(gather, indices.length, data.scale);
    this.count = indices.length;
    this.hasLabels = true;
  }

  /** Takes the pixels `[images][channels][height][width]` as the batch, with a label each or with none. */
  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    const size = sizeOf(this.input.shape), count = values.length / size;
    checkCount(`setInput: ${values.length} values are`, count, this.#capacity);
    if (labels) {
      checkLabels(labels, count, this.#classes);
      this.#device.write(this.labels, 0, Uint32Array.from(labels));
    }
    this.count = count;
    this.hasLabels = labels !== undefined;
    this.write(this.input.value, size, values);
  }

  /** Lays `[count][size]` out as `[size][lanes]`; lanes without an image become 0. */
  write(to: GPUBuffer, size: number, values: Float32Array): void {
    const { count, lanes } = this, transposed = new Float32Array(size * lanes);
    for (let i = 0; i < size; i++) {
      for (let lane = 0; lane < count; lane++) transposed[i * lanes + lane] = values[lane * size + i]!;
    }
    this.#device.write(to, 0, transposed);
  }

  /** The reverse of {@link GpuBatch.write}: `[size][lanes]` as `[count][size]`. */
  async read(from: GPUBuffer, size: number): Promise<Float32Array> {
    const { count, lanes } = this;
    const transposed = new Float32Array(await this.#device.read(from, 0, 4 * size * lanes));
    const values = new Float32Array(count * size);
    for (let i = 0; i < size; i++) {
      for (let lane = 0; lane < count; lane++) values[lane * size + i] = transposed[i * lanes + lane]!;
    }
    return values;
  }
}
