/**
 * Tensors of random numbers: uniform, and normal by Box and Muller with draws beyond a limit drawn again.
 *
 * @module
 */
import { threefry2x32 } from "../../../random/threefry.ts";
import type { DrawsKernels } from "../kernels/draws.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The drawing kernels over a memory. Element i depends on the seed, the stream and i alone. */
export function draws(memory: ReferenceMemory): DrawsKernels {
  const block = new Uint32Array(2);
  return {
    fillUniform(out, count, seed, stream, low, high) {
      const outs = memory.floatsAt(out, count);
      const from = memory.round(low);
      const to = memory.round(high);
      for (let i = 0; i < count; i++) {
        threefry2x32(seed, stream, i, 0, block);
        outs[i] = from + (to - from) * (block[0]! / 2 ** 32);
      }
    },

    fillNormal(out, count, seed, stream, deviation, limit) {
      const outs = memory.floatsAt(out, count);
      for (let i = 0; i < count; i++) {
        let draw = 0;
        let attempt = 0;
        do {
          threefry2x32(seed, stream, i, attempt++, block);
          const radius = Math.sqrt(-2 * Math.log((block[0]! + 1) / 2 ** 32));
          draw = radius * Math.cos(2 * Math.PI * block[1]! / 2 ** 32);
        } while (limit > 0 && Math.abs(draw) > limit);
        outs[i] = draw * memory.round(deviation);
      }
    },
  };
}
