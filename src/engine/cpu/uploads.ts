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
export interface CpuUploads {
  /** Notes a use of an upload; false if it is there no longer. */
  use(upload: CpuUpload): boolean;
  /**
   * The upload of a source that fits, made if it is not there yet or no longer.
   *
   * @throws {RangeError} if the memory cannot grow so far.
   */
  of(source: BatchSource["source"]): CpuUpload;
}

/** None yet. Images are resized to the network's input, of which `inputShape` has channels, height and width. */
export function cpuUploads(machine: Machine, inputShape: readonly number[]): CpuUploads {
  const [newHeight, newWidth] = inputShape.slice(1) as [number, number], newPlane = newHeight * newWidth;
  const regions = new Regions(machine), known = new WeakMap<Uint8Array, CpuUpload>();
  const recent = new Recent<CpuUpload>(({ pointer, bytes }) => regions.give(pointer, bytes));
  /** Takes a region and fills it. */
  const resized = ({ images, count, channels, height, width }: BatchSource["source"]) => {
    const planes = count * channels, taken = Math.min(planes, RESIZED_AT_ONCE), plane = height * width;
    const bytes = regionBytes(planes * newPlane), raw = regionBytes(taken * plane);
    const working = raw + 16 * (newHeight + newWidth);
    const pointer = regions.take(bytes + working), rawAt = pointer + bytes;
    for (let first = 0; first < planes; first += taken) {
      const some = Math.min(taken, planes - first);
      machine.bytes.set(images.subarray(first * plane, (first + some) * plane), rawAt);
      const to = pointer + first * newPlane;
      machine.kernels.resize(rawAt, to, some, height, width, newHeight, newWidth, rawAt + raw);
    }
    regions.give(rawAt, working);
    return pointer;
  };
  return {
    use: (upload) => recent.use(upload),
    of(source) {
      const { images, height, width } = source, before = known.get(images);
      if (before?.height === height && before.width === width && recent.use(before)) return before;
      const bytes = source.count * source.channels * newPlane;
      recent.makeRoom(bytes);
      const upload = { height, width, pointer: resized(source), bytes };
      recent.add(upload);
      known.set(images, upload);
      return upload;
    },
  };
}
