/**
 * The kernels that know only the weights a mask keeps. Here the list is the weights' number, then their places in the
 * tensor, in ascending order.
 *
 * @module
 */
import type { LivingKernels } from "../kernels/living.ts";
import { forwardOf, inputGradientOf, weightGradientOf } from "./convolution.ts";
import { eventInputGradientOf, eventWeightGradientOf } from "./events.ts";
import type { ReferenceMemory } from "./memory.ts";
import { poolConvolved } from "./pooled_convolution.ts";
import { convShape, sizes } from "./taps.ts";

/**
 * The kernels of living weights over a memory. Sums run in float64, in the order of their dense counterparts; scratch
 * is not used.
 */
export function living(memory: ReferenceMemory): LivingKernels {
  function listed(living: number): Int32Array {
    return memory.intsAt(living + 4, memory.ints[living / 4]!);
  }

  function list(mask: number, living: number, conv: number): number {
    const masks = memory.intsAt(mask, sizes(convShape(memory, conv)).weight);
    let count = 0;
    masks.forEach((kept, weightAt) => {
      if (kept !== 0) memory.ints[living / 4 + 1 + count++] = weightAt;
    });
    memory.ints[living / 4] = count;
    return count;
  }

  return {
    listLiving: list,

    listLivingPasses: (mask, passes, conv) => void list(mask, passes, conv),

    livingPooledConvForward: (x, weight, bias, y, winner, living, _scratch, conv, pool) =>
      poolConvolved(memory, [x, weight, bias, y, winner, conv, pool], listed(living)),

    livingEventWeightGradient: (images, events, dWeight, passes, conv) =>
      eventWeightGradientOf(memory, [images, events, dWeight], conv, listed(passes)),

    livingEventInputGradient: (events, weight, dImages, passes, _scratch, conv) =>
      eventInputGradientOf(memory, [events, weight, dImages], conv, listed(passes)),

    // A dense layer is listed as a convolution of one pixel.
    livingDenseForward: (x, weight, bias, y, living, _scratch, conv) =>
      forwardOf(memory, [x, weight, bias], y, convShape(memory, conv), listed(living)),

    livingDenseInputGradient: (dy, weight, dx, living, conv) =>
      inputGradientOf(memory, [dy, weight, dx], convShape(memory, conv), listed(living)),

    livingDenseWeightGradient: (x, dy, dWeight, living, conv) =>
      weightGradientOf(memory, [x, dy, dWeight], convShape(memory, conv), listed(living)),
  };
}
