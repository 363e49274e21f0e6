/**
 * From uint8 images to the input of a batch: resize, pick, scale, transpose.
 *
 * The resize is that of `resize.ts`.
 *
 * @module
 */
import type { GatherKernels } from "../kernels/gather.ts";
import { taps } from "../../resize.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The resize and the input of a batch over a memory. */
export function gather(memory: ReferenceMemory): GatherKernels {
  return {
    resize(images, out, planes, sourceHeight, sourceWidth, height, width) {
      const rows = taps(sourceHeight, height, "rows"), columns = taps(sourceWidth, width, "columns");
      const { bytes } = memory;
      for (let plane = 0; plane < planes; plane++) {
        const start = images + plane * sourceHeight * sourceWidth;
        rows.forEach((row, r) => {
          columns.forEach((column, c) => {
            const across = (y: number) =>
              bytes[start + y * sourceWidth + column.first]! * column.c1 +
              bytes[start + y * sourceWidth + column.second]! * column.c2;
            const above = (row.c1 * (across(row.first) >> 4)) >> 16;
            const below = (row.c2 * (across(row.second) >> 4)) >> 16;
            bytes[out + (plane * height + r) * width + c] = (above + below + 2) >> 2;
          });
        });
      }
    },

    gather(images, indices, x, count, size, lanes, scale) {
      const chosen = memory.intsAt(indices, count);
      const xs = memory.floatsAt(x, size * lanes).fill(0);
      for (let lane = 0; lane < count; lane++) {
        for (let i = 0; i < size; i++) {
          xs[i * lanes + lane] = memory.bytes[images + chosen[lane]! * size + i]! * memory.round(scale);
        }
      }
    },
  };
}
