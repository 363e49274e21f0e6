/**
 * The optimizers' updates, with the mask of the suppressed weights and the pull towards zero or a bound.
 *
 * @module
 */
import type { UpdateKernels } from "../kernels/update.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The value, or the bound that it is beyond. */
export function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/**
 * The update kernels over a memory, each operation rounded, see {@link ReferenceMemory.round}: all tensors have `count`
 * elements; `mask` is int32, -1 kept and 0 suppressed.
 */
export function update(memory: ReferenceMemory): UpdateKernels {
  /**
   * Moves the weights against `direction` and, where given, deWeight; what is masked is exactly 0, whatever deWeight
   * says.
   */
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

    applyMask(weight, mask, count) {
      const weights = memory.floatsAt(weight, count), masks = memory.intsAt(mask, count);
      for (let i = 0; i < count; i++) if (masks[i] === 0) weights[i] = 0;
    },

    scaledSum(a, b, out, count, factor) {
      const first = memory.floatsAt(a, count), second = memory.floatsAt(b, count);
      memory.floatsAt(out, count).set(first.map((value, i) => memory.round(value + second[i]!) * memory.round(factor)));
    },

    adamStep(x, dx, m, v, count, rate, beta1, beta2, epsilon, scale1, scale2, low, high) {
      const xs = memory.floatsAt(x, count);
      const dxs = memory.floatsAt(dx, count);
      const ms = memory.floatsAt(m, count);
      const vs = memory.floatsAt(v, count);
      const b1 = memory.round(beta1), take1 = memory.round(1 - b1);
      const b2 = memory.round(beta2), take2 = memory.round(1 - b2);
      const times = (a: number, b: number) => memory.round(a * b);
      for (let i = 0; i < count; i++) {
        ms[i] = times(b1, ms[i]!) + times(take1, dxs[i]!);
        vs[i] = times(b2, vs[i]!) + times(take2, times(dxs[i]!, dxs[i]!));
        const root = memory.round(Math.sqrt(times(vs[i]!, memory.round(scale2))));
        const deviation = memory.round(root + memory.round(epsilon));
        const step = memory.round(times(memory.round(rate), times(ms[i]!, memory.round(scale1))) / deviation);
        const moved = memory.round(xs[i]! - step);
        xs[i] = Number.isFinite(vs[i]!) ? clip(moved, memory.round(low), memory.round(high)) : NaN;
      }
    },
  };
}
