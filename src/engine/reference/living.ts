/**
 * The kernels that know only the weights a mask keeps. Here the list is the weights' number, then their places in the tensor, in ascending order.
 *
 * @module
 */
import { CONV_SHAPE, type Kernels } from "../kernels.ts";
import { inputGradientOf, weightGradientOf } from "./events.ts";
import type { ReferenceMemory } from "./memory.ts";
import { poolConvolved } from "./pooled_convolution.ts";

/** The kernels of living weights over a memory. Sums run in float64, in the order of their dense counterparts; scratch is not used. */
export function living(memory: ReferenceMemory): Pick<
  Kernels,
  | "listLiving"
  | "listLivingPasses"
  | "livingPooledConvForward"
  | "livingEventWeightGradient"
  | "livingEventInputGradient"
  | "livingDenseForward"
  | "livingDenseInputGradient"
  | "livingDenseWeightGradient"
> {
  function listed(living: number): Int32Array {
    return memory.intsAt(living + 4, memory.ints[living / 4]!);
  }

  function list(mask: number, living: number, conv: number): number {
    const s = memory.record(conv, CONV_SHAPE);
    const masks = memory.intsAt(mask, s.outputs * s.channels * s.kernelHeight * s.kernelWidth);
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

    livingPooledConvForward(x, weight, bias, y, winner, living, _scratch, conv, pool) {
      poolConvolved(memory, listed(living), [x, weight, bias, y, winner, conv, pool]);
    },

    livingEventWeightGradient(images, events, dWeight, passes, conv) {
      weightGradientOf(memory, listed(passes), [images, events, dWeight, conv]);
    },

    livingEventInputGradient(events, weight, dImages, passes, _scratch, conv) {
      inputGradientOf(memory, listed(passes), [events, weight, dImages, conv]);
    },

    livingDenseForward(x, weight, bias, y, living, _scratch, conv) {
      const { channels: inputs, outputs, lanes } = memory.record(conv, CONV_SHAPE);
      const xs = memory.floatsAt(x, inputs * lanes);
      const weights = memory.floatsAt(weight, outputs * inputs);
      const sums = new Float64Array(outputs * lanes);
      if (bias !== 0) {
        memory.floatsAt(bias, outputs).forEach((value, o) => sums.fill(value, o * lanes, (o + 1) * lanes));
      }
      for (const at of listed(living)) {
        const o = Math.floor(at / inputs), i = at % inputs;
        for (let lane = 0; lane < lanes; lane++) sums[o * lanes + lane]! += weights[at]! * xs[i * lanes + lane]!;
      }
      memory.floatsAt(y, outputs * lanes).set(sums);
    },

    livingDenseInputGradient(dy, weight, dx, living, conv) {
      const { channels: inputs, outputs, lanes } = memory.record(conv, CONV_SHAPE);
      const dys = memory.floatsAt(dy, outputs * lanes);
      const weights = memory.floatsAt(weight, outputs * inputs);
      const sums = new Float64Array(inputs * lanes);
      for (const at of listed(living)) {
        const o = Math.floor(at / inputs), i = at % inputs;
        for (let lane = 0; lane < lanes; lane++) sums[i * lanes + lane]! += weights[at]! * dys[o * lanes + lane]!;
      }
      memory.floatsAt(dx, inputs * lanes).set(sums);
    },

    livingDenseWeightGradient(x, dy, dWeight, living, conv) {
      const { channels: inputs, outputs, lanes } = memory.record(conv, CONV_SHAPE);
      const xs = memory.floatsAt(x, inputs * lanes);
      const dys = memory.floatsAt(dy, outputs * lanes);
      const dWeights = memory.floatsAt(dWeight, outputs * inputs);
      for (const at of listed(living)) {
        const o = Math.floor(at / inputs), i = at % inputs;
        let sum = 0;
        for (let lane = 0; lane < lanes; lane++) sum += dys[o * lanes + lane]! * xs[i * lanes + lane]!;
        dWeights[at] = sum;
      }
    },
  };
}
