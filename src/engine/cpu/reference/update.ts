/**
 * The optimizers' updates, with the mask of the suppressed weights and the pull towards zero or a bound.
 *
 * @module
 */
import type { Kernels } from "../kernels.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The update kernels over a memory, each operation rounded, see {@link ReferenceMemory.round}: all tensors have `count` elements; `mask` is int32, -1 kept and 0 suppressed. */
export function update(memory: ReferenceMemory): Pick<Kernels, "sgd" | "momentum" | "scaledSum"> {
  /** Moves the weights against `direction` and, where given, deWeight; what is masked is exactly 0, whatever deWeight says. */
  function step(
    weights: number,
    direction: (i: number, kept: boolean) => number,
    mask: number,
    deWeight: number,
    count: number,
    rate: number,
  ): void {
    const ws = memory.floatsAt(weights, count);
    const masks = mask === 0 ? undefined : memory.intsAt(mask, count);
    const pulls = deWeight === 0 ? undefined : memory.floatsAt(deWeight, count);
    for (let i = 0; i < count; i++) {
      const kept = masks?.[i] !== 0;
      const along = memory.round(direction(i, kept) + (pulls?.[i] ?? 0));
      ws[i] = kept ? ws[i]! - memory.round(memory.round(rate) * along) : 0;
    }
  }

  return {
    sgd(weight, gradient, mask, deWeight, count, rate) {
      const gradients = memory.floatsAt(gradient, count);
      step(weight, (i) => gradients[i]!, mask, deWeight, count, rate);
    },

    momentum(weight, gradient, velocity, mask, deWeight, count, rate, momentum) {
      const gradients = memory.floatsAt(gradient, count);
      const velocities = memory.floatsAt(velocity, count);
      const accelerate = (i: number, kept: boolean) => {
        velocities[i] = kept ? memory.round(memory.round(momentum) * velocities[i]!) + gradients[i]! : 0;
        return velocities[i]!;
      };
      step(weight, accelerate, mask, deWeight, count, rate);
    },

    scaledSum(a, b, out, count, factor) {
      const first = memory.floatsAt(a, count), second = memory.floatsAt(b, count);
      memory.floatsAt(out, count).set(first.map((value, i) => memory.round(value + second[i]!) * memory.round(factor)));
    },
  };
}
