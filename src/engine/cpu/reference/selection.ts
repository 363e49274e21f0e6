/**
 * Order statistics of magnitudes, by sorting. Magnitudes are compared as float32, as they are on every other engine.
 *
 * @module
 */
import type { SelectionKernels } from "../kernels/selection.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The selection kernels over a memory. Tables and histograms are not used. */
export function selection(
  memory: ReferenceMemory,
): SelectionKernels {
  function magnitudes(pointer: number, count: number): Float32Array {
    return Float32Array.from(memory.floatsAt(pointer, count), Math.abs);
  }

  return {
    maxMagnitude(weight, count) {
      return magnitudes(weight, count).reduce((largest, magnitude) => Math.max(largest, magnitude), 0);
    },

    distinctMagnitudes(weight, mask, count, out, _table, _tableSize) {
      const masks = memory.intsAt(mask, count);
      const distinct = new Set(magnitudes(weight, count).filter((_, i) => masks[i] !== 0));
      memory.floatsAt(out, distinct.size).set([...distinct]);
      return distinct.size;
    },

    kthSmallestMagnitude(values, count, k, _histogram) {
      return magnitudes(values, count).sort()[k - 1]!;
    },
  };
}
