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
import type { Device, Kernel } from "./device.ts";
import { type GpuActivation, spatial } from "./site.ts";
import type { GpuUploads, Upload } from "./uploads.ts";

/** The kernel that gathers from a data set, as long as that is uploaded. */
interface Gather {
  readonly upload: Upload;
  readonly kernel: Kernel;
}

/** Images and labels. */
export interface GpuBatch extends BatchMemory<GpuActivation> {
  /** u32 `[lanes]`. */
  readonly labels: GPUBuffer;
  write(to: Pick<GpuActivation, "value">, values: Float32Array): void;
}

/** The batch that a program's input holds. */
export function gpuBatch(
  device: Device,
  uploads: GpuUploads,
  pass: Pass,
  { shape, value }: GpuActivation,
  classes: number,
  lanes: number,
): GpuBatch {
  const labels = device.buffer(4 * lanes), places = device.buffer(4 * lanes);
  const gathers = new WeakMap<BatchSource, Gather>();
  // Between which rows and columns pixels lie, by the size of the images that are resized.
  const known = new Map<string, GPUBuffer>();

  function linesOf(sourceHeight: number, sourceWidth: number): GPUBuffer {
    const key = `${sourceHeight} ${sourceWidth}`;
    let buffer = known.get(key);
    if (!buffer) {
      const [, height, width] = spatial(shape);
      const lines = [...taps(sourceHeight, height, "rows"), ...taps(sourceWidth, width, "columns")];
      const words = lines.flatMap(({ first, second, c1, c2 }) => [first, second, c1, c2]);
      known.set(key, buffer = device.buffer(4 * words.length));
      device.write(buffer, 0, Int32Array.from(words));
    }
    return buffer;
  }

  return {
    labels,
    upload(data) {
      const gather = gathers.get(data);
      if (gather && uploads.use(gather.upload)) return;
      const { source } = data, { height: sourceHeight, width: sourceWidth } = source;
      checkSource(data, shape, classes);
      const [channels, height, width] = spatial(shape);
      const upload = uploads.of(source), lines = linesOf(sourceHeight, sourceWidth);
      const resized = sourceHeight !== height || sourceWidth !== width, count = sizeOf(shape) * lanes;
      const kernel = device.kernel(
        "gather",
        { count, channels, sourceHeight, sourceWidth, height, width, lanes, resized },
        [upload.images, upload.labels, places, lines, value, labels],
      );
      gathers.set(data, { upload, kernel });
    },
    gather(data, indices) {
      device.write(places, 0, Uint32Array.from(indices));
      device.run(gathers.get(data)!.kernel, indices.length, data.scale);
    },
    setLabels: (given) => device.write(labels, 0, Uint32Array.from(given)),
    write(to, values) {
      const { images } = pass, laid = new Float32Array(values.length / images * lanes);
      intoLanes(values, images, laid, 0, lanes);
      device.write(to.value, 0, laid);
    },
    async read(from, what) {
      const { images } = pass, size = sizeOf(from.shape);
      const laid = new Float32Array(await device.read(from[what]!, 0, 4 * size * lanes));
      return fromLanes(laid, 0, lanes, images, size);
    },
  };
}
