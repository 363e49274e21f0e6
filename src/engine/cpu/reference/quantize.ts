/**
 * Elements rounded to a few levels.
 *
 * @module
 */
import type { QuantizeKernels } from "../kernels/quantize.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The kernels of rounding to levels over a memory. */
export function quantize(memory: ReferenceMemory): QuantizeKernels {
  const round = (value: number) => memory.round(value);
  return {
    quantizeForward(x, y, count, bound, scale, step) {
      const xs = memory.floatsAt(x, count),
        ys = memory.floatsAt(y, count),
        [most, perStep, each] = [bound, scale, step].map(round);
      for (let i = 0; i < count; i++) {
        const within = Math.min(Math.max(xs[i]!, 0), most!);
        ys[i] = Math.floor(round(round(within * perStep!) + 0.5)) * each!;
      }
    },
    quantizeGradient(x, dy, dx, count, bound) {
      const xs = memory.floatsAt(x, count), dys = memory.floatsAt(dy, count), dxs = memory.floatsAt(dx, count);
      for (let i = 0; i < count; i++) dxs[i] = xs[i]! >= 0 && xs[i]! <= round(bound) ? dys[i]! : 0;
    },
  };
}
