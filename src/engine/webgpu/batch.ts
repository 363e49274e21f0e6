/**
 * The current batch of a program on a GPU: gathered there from uploaded data sets, and resized.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { BatchMemory, Pass } from "../backend.ts";
import { checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import { fromLanes, intoLanes } from "../lanes.ts";
import { taps } from "../resize.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import { type GpuActivation, spatial } from "./site.ts";
import type { GpuUploads, Upload } from "./uploads.ts";

/** The kernel that gathers from a data set, as long as that is uploaded. */
interface Gather {
  readonly upload: Upload;
  readonly kernel: Kernel;
}

/** Images and labels. */
export class GpuBatch implements BatchMemory<GpuActivation> {
  /** u32 `[lanes]`. */
  readonly labels: GPUBuffer;
  readonly #device: Device;
  readonly #uploads: GpuUploads;
  readonly #pass: Pass;
  readonly #input: GpuActivation;
  readonly #classes: number;
  readonly #lanes: number;
  readonly #indices: GPUBuffer;
  readonly #gathers = new WeakMap<BatchSource, Gather>();
  /** Between which rows and columns pixels lie, by the size of the images that are resized. */
  readonly #lines = new Map<string, GPUBuffer>();

  constructor(
    device: Device,
    uploads: GpuUploads,
    pass: Pass,
    input: GpuActivation,
    classes: number,
    lanes: number,
  ) {
    this.#device = device;
    this.#uploads = uploads;
    this.#pass = pass;
    this.#input = input;
    this.#classes = classes;
    this.#lanes = lanes;
    this.labels = device.buffer(4 * lanes);
    this.#indices = device.buffer(4 * lanes);
  }

  #linesOf(sourceHeight: number, sourceWidth: number): GPUBuffer {
    const key = `${sourceHeight} ${sourceWidth}`;
    let buffer = this.#lines.get(key);
    if (!buffer) {
      const [, height, width] = spatial(this.#input.shape);
      const lines = [...taps(sourceHeight, height, "rows"), ...taps(sourceWidth, width, "columns")];
      const words = lines.flatMap(({ first, second, c1, c2 }) => [first, second, c1, c2]);
      this.#lines.set(key, buffer = this.#device.buffer(4 * words.length));
      this.#device.write(buffer, 0, Int32Array.from(words));
    }
    return buffer;
  }

  upload(data: BatchSource): void {
    const known = this.#gathers.get(data);
    if (known && this.#uploads.use(known.upload)) return;
    const lanes = this.#lanes, { shape, value } = this.#input, { source } = data;
    const { height: sourceHeight, width: sourceWidth } = source;
    checkSource(data, shape, this.#classes);
    const [channels, height, width] = spatial(shape);
    const upload = this.#uploads.of(source), lines = this.#linesOf(sourceHeight, sourceWidth);
    const resized = sourceHeight !== height || sourceWidth !== width;
    const count = sizeOf(shape) * lanes;
    const kernel = this.#device.kernel(
      "gather",
      { count, channels, sourceHeight, sourceWidth, height, width, lanes, resized },
      [upload.images, upload.labels, this.#indices, lines, value, this.labels],
      flat(count),
    );
    this.#gathers.set(data, { upload, kernel });
  }

  gather(data: BatchSource, indices: ArrayLike<number>): void {
    this.#device.write(this.#indices, 0, Uint32Array.from(indices));
    this.#device.run(this.#gathers.get(data)!.kernel, indices.length, data.scale);
  }

  setLabels(labels: ArrayLike<number>): void {
    this.#device.write(this.labels, 0, Uint32Array.from(labels));
  }

  write(to: Pick<GpuActivation, "value">, values: Float32Array): void {
    const { images } = this.#pass, laid = new Float32Array(values.length / images * this.#lanes);
    intoLanes(values, images, laid, 0, this.#lanes);
    this.#device.write(to.value, 0, laid);
  }

  async read(from: GpuActivation, what: "value" | "gradient"): Promise<Float32Array> {
    const { images } = this.#pass, size = sizeOf(from.shape), lanes = this.#lanes;
    const laid = new Float32Array(await this.#device.read(from[what]!, 0, 4 * size * lanes));
    return fromLanes(laid, 0, lanes, images, size);
  }
}
