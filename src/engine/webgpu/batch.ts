/**
 * The current batch of a program on a GPU: gathered there from uploaded data sets, and resized.
 *
 * @module
 */
import { finiteRows } from "../../checks/numbers.ts";
import { sizeOf } from "../../nn/mod.ts";
import { checkCount, checkIndex, checkLabels, checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import { taps } from "../cpu/reference/gather.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { Activation } from "./site.ts";
import type { GpuUploads, Upload } from "./uploads.ts";

/** The kernel that gathers from a data set, as long as that is uploaded. */
interface Gather {
  readonly upload: Upload;
  readonly kernel: Kernel;
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
  readonly #uploads: GpuUploads;
  readonly #classes: number;
  readonly #capacity: number;
  readonly #indices: GPUBuffer;
  readonly #gathers = new WeakMap<BatchSource, Gather>();
  /** Between which rows and columns pixels lie, by the size of the images that are resized. */
  readonly #lines = new Map<string, GPUBuffer>();

  constructor(
    device: Device,
    uploads: GpuUploads,
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

  #linesOf(sourceHeight: number, sourceWidth: number): GPUBuffer {
    const key = `${sourceHeight} ${sourceWidth}`;
    let buffer = this.#lines.get(key);
    if (!buffer) {
      const [, height, width] = this.input.shape as readonly [number, number, number];
      const lines = [...taps(sourceHeight, height, "rows"), ...taps(sourceWidth, width, "columns")];
      const words = lines.flatMap(({ first, second, c1, c2 }) => [first, second, c1, c2]);
      this.#lines.set(key, buffer = this.#device.buffer(4 * words.length));
      this.#device.write(buffer, 0, Int32Array.from(words));
    }
    return buffer;
  }

  #gather(data: BatchSource): Kernel {
    const known = this.#gathers.get(data);
    if (known && this.#uploads.use(known.upload)) return known.kernel;
    const { input, lanes } = this, { source } = data, { height: sourceHeight, width: sourceWidth } = source;
    checkSource(data, input.shape, this.#classes);
    const [channels, height, width] = input.shape as readonly [number, number, number];
    const upload = this.#uploads.of(source), lines = this.#linesOf(sourceHeight, sourceWidth);
    const resized = sourceHeight !== height || sourceWidth !== width;
    const kernel = this.#device.kernel(
      "gather",
      { channels, sourceHeight, sourceWidth, height, width, lanes, resized },
      [upload.images, upload.labels, this.#indices, lines, input.value, this.labels],
      flat(sizeOf(input.shape) * lanes),
    );
    this.#gathers.set(data, { upload, kernel });
    return kernel;
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
    finiteRows("setInput", values, size);
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
