/**
 * Elements that are left out by chance.
 *
 * @module
 */
import { threefry2x32 } from "../../../random/threefry.ts";
import type { DropoutKernels } from "../kernels/dropout.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The dropout kernel over a memory. */
export function dropout(memory: ReferenceMemory): DropoutKernels {
  const block = new Uint32Array(2);
  return {
    dropout(x, y, elements, lanes, key0, key1, first, threshold, scale) {
      const xs = memory.floatsAt(x, elements * lanes), ys = memory.floatsAt(y, elements * lanes);
      for (let element = 0; element < elements; element++) {
        for (let lane = 0; lane < lanes; lane++) {
          const at = element * lanes + lane;
          threefry2x32(key0, key1, element, first + lane, block);
          ys[at] = block[0]! >= threshold ? xs[at]! * scale : 0;
        }
      }
    },
  };
}
