/**
 * The data sets in a device's memory.
 *
 * @module
 */
import type { BatchSource } from "../engine.ts";
import { Recent, type Sized } from "../recent.ts";
import type { Device } from "./device.ts";

/** A data set in a device's memory. */
export interface Upload extends Sized {
  /** The images, four bytes a word. */
  readonly images: GPUBuffer;
  /** u32 `[count]`. */
  readonly labels: GPUBuffer;
}

/** The data sets that an engine's programs used last, by their images and labels. */
export class GpuUploads {
  readonly #device: Device;
  readonly #known = new WeakMap<Uint8Array, WeakMap<Uint8Array, Upload>>();
  readonly #recent: Recent<Upload>;

  constructor(device: Device) {
    this.#device = device;
    this.#recent = new Recent(({ images, labels }) => {
      // What is recorded may yet read them.
      device.submit();
      images.destroy();
      labels.destroy();
    });
  }

  /** Notes a use of an upload; false if it is there no longer. */
  use(upload: Upload): boolean {
    return this.#recent.use(upload);
  }

  /** The upload of a source that fits, made if it is not there yet or no longer. */
  of({ images, labels }: BatchSource["source"]): Upload {
    let ofImages = this.#known.get(images);
    if (!ofImages) this.#known.set(images, ofImages = new WeakMap());
    const known = ofImages.get(labels);
    if (known && this.#recent.use(known)) return known;
    const device = this.#device, bytes = images.length + 4 * labels.length;
    this.#recent.makeRoom(bytes);
    const upload = { images: device.buffer(images.length), labels: device.buffer(4 * labels.length), bytes };
    const whole = images.length & ~3;
    device.write(upload.images, 0, images.subarray(0, whole) as Uint8Array<ArrayBuffer>);
    // Writes go by words.
    if (whole < images.length) {
      const rest = new Uint8Array(4);
      rest.set(images.subarray(whole));
      device.write(upload.images, whole, rest);
    }
    device.write(upload.labels, 0, Uint32Array.from(labels));
    this.#recent.add(upload);
    ofImages.set(labels, upload);
    return upload;
  }
}
