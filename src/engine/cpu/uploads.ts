/**
 * The data sets in a machine's memory, resized.
 *
 * @module
 */
import type { BatchSource } from "../engine.ts";
import type { Machine } from "./machine.ts";
import { Recent, type Sized } from "../recent.ts";
import { regionBytes, Regions } from "./regions.ts";

/** Planes of a source that are resized at a time. */
const RESIZED_AT_ONCE = 256;

/**
 * Images of `height` x `width` pixels in the memory: uint8 `[count][channels][rows][columns]` of the network's input at
 * `pointer`.
 */
export interface CpuUpload extends Sized {
  readonly height: number;
  readonly width: number;
  readonly pointer: number;
}

/** The data sets that a batch was loaded from last, by their images. */
export class CpuUploads {
  readonly #machine: Machine;
  readonly #regions: Regions;
  readonly #size: readonly [height: number, width: number];
  readonly #known = new WeakMap<Uint8Array, CpuUpload>();
  readonly #recent: Recent<CpuUpload>;

  /** @param inputShape channels, height and width of the network's input: to these the images are resized */
  constructor(machine: Machine, inputShape: readonly number[]) {
    this.#machine = machine;
    this.#size = inputShape.slice(1) as [number, number];
    this.#regions = new Regions(machine);
    this.#recent = new Recent(({ pointer, bytes }) => this.#regions.give(pointer, bytes));
  }

  /** Notes a use of an upload; false if it is there no longer. */
  use(upload: CpuUpload): boolean {
    return this.#recent.use(upload);
  }

  /**
   * The upload of a source that fits, made if it is not there yet or no longer.
   *
   * @throws {RangeError} if the memory cannot grow so far.
   */
  of(source: BatchSource["source"]): CpuUpload {
    const { images, height, width } = source, known = this.#known.get(images);
    if (known?.height === height && known.width === width && this.#recent.use(known)) return known;
    const [newHeight, newWidth] = this.#size;
    const bytes = source.count * source.channels * newHeight * newWidth;
    this.#recent.makeRoom(bytes);
    const upload = { height, width, pointer: this.#resized(source), bytes };
    this.#recent.add(upload);
    this.#known.set(images, upload);
    return upload;
  }

  /** Takes a region and fills it. */
  #resized({ images, count, channels, height, width }: BatchSource["source"]): number {
    const [newHeight, newWidth] = this.#size, machine = this.#machine;
    const planes = count * channels, taken = Math.min(planes, RESIZED_AT_ONCE), plane = height * width;
    const newPlane = newHeight * newWidth, bytes = regionBytes(planes * newPlane), raw = regionBytes(taken * plane);
    const working = raw + 16 * (newHeight + newWidth);
    const pointer = this.#regions.take(bytes + working), rawAt = pointer + bytes;
    for (let first = 0; first < planes; first += taken) {
      const some = Math.min(taken, planes - first);
      machine.bytes.set(images.subarray(first * plane, (first + some) * plane), rawAt);
      const to = pointer + first * newPlane;
      machine.kernels.resize(rawAt, to, some, height, width, newHeight, newWidth, rawAt + raw);
    }
    this.#regions.give(rawAt, working);
    return pointer;
  }
}
