/**
 * One suppress operation over one layer: which weights fall silent now, and where the others are pulled.
 *
 * The steps are those of MindArmour's suppress privacy (mindarmour.privacy.sup_privacy). Comparisons are between
 * float32 values.
 *
 * @module
 */
import { threefry2x32 } from "../../../random/threefry.ts";
import type { SuppressKernels } from "../kernels/suppress.ts";
import type { ReferenceMemory } from "./memory.ts";

const KEPT = -1;
const SUPPRESSED = 0;
const WEIGHT_LOWER_BOUND = Math.fround(0.005);
const LOWER_CLIP_THRESHOLD = Math.fround(0.0025);
const NOISE_BOUND = 0.5;
const NOISE_VOLUME = 0.1;

/** The suppress kernels over a memory: weight and deWeight float32, mask int32, all of `count` elements. */
export function suppress(memory: ReferenceMemory): SuppressKernels {
  return {
    suppressExact(
      weight,
      mask,
      deWeight,
      count,
      stop,
      minNum,
      threshold,
      rate,
      lowerClip,
      addNoise,
      upperBound,
      seed,
      stream,
    ) {
      const weights = memory.floatsAt(weight, count);
      const masks = memory.intsAt(mask, count);
      const deWeights = memory.floatsAt(deWeight, count);
      const t = Math.fround(threshold);
      const upper = Math.fround(upperBound);
      const block = new Uint32Array(2);
      let suppressed = 0;

      for (let i = 0; i < count; i++) {
        const w = Math.fround(weights[i]!);
        const magnitude = Math.abs(w);
        const sign = w > 0 ? 1 : -1;
        let pull: number;
        if (masks[i] === SUPPRESSED) {
          pull = w;
          suppressed++;
        } else if (magnitude <= t) {
          if (suppressed < count - minNum && suppressed < stop) {
            masks[i] = SUPPRESSED;
            pull = w;
            suppressed++;
          } else {
            pull = w - sign * Math.min(WEIGHT_LOWER_BOUND, t);
          }
        } else if (lowerClip !== 0 && magnitude <= WEIGHT_LOWER_BOUND && t > LOWER_CLIP_THRESHOLD) {
          pull = w - sign * WEIGHT_LOWER_BOUND;
        } else if (magnitude > upper) {
          pull = w - sign * upper;
        } else if (addNoise !== 0 && magnitude > NOISE_BOUND) {
          threefry2x32(seed, stream, i, 0, block);
          pull = -NOISE_VOLUME + 2 * NOISE_VOLUME * (block[0]! / 2 ** 32);
        } else {
          pull = 0;
        }
        deWeights[i] = memory.round(pull) / memory.round(rate);
      }
      return suppressed;
    },

    suppressApproximate(weight, mask, deWeight, count, threshold, rate) {
      const weights = memory.floatsAt(weight, count);
      const masks = memory.intsAt(mask, count);
      const deWeights = memory.floatsAt(deWeight, count);
      let suppressed = 0;
      for (let i = 0; i < count; i++) {
        const kept = Math.fround(Math.abs(weights[i]!)) > Math.fround(threshold);
        masks[i] = kept ? KEPT : SUPPRESSED;
        deWeights[i] = kept ? 0 : weights[i]! / memory.round(rate);
        if (!kept) suppressed++;
      }
      return suppressed;
    },

    countSuppressed(mask, count) {
      return memory.intsAt(mask, count).filter((kept) => kept === SUPPRESSED).length;
    },
  };
}
