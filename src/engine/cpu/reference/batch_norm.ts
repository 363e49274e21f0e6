/**
 * Batch normalisation of units, each `[places][lanes]`: the channels of an image or single features.
 *
 * @module
 */
import type { BatchNormKernels } from "../kernels/batch_norm.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The kernels of batch normalisation over a memory: x, y and their gradients are `[units][places][lanes]`. */
export function batchNorm(memory: ReferenceMemory): BatchNormKernels {
  /** The sum of `value` of every place of a unit in its first `images` lanes. */
  function sum(
    unit: number,
    places: number,
    images: number,
    lanes: number,
    value: (at: number) => number,
  ): number {
    let total = 0;
    for (let place = 0; place < places; place++) {
      for (let lane = 0; lane < images; lane++) total += value((unit * places + place) * lanes + lane);
    }
    return total;
  }

  const inverse = (variance: number, epsilon: number) => 1 / Math.sqrt(variance + memory.round(epsilon));

  return {
    batchStatistics(x, mean, variance, units, places, images, lanes) {
      const xs = memory.floatsAt(x, units * places * lanes), count = places * images;
      const means = memory.floatsAt(mean, units), variances = memory.floatsAt(variance, units);
      for (let unit = 0; unit < units; unit++) {
        means[unit] = sum(unit, places, images, lanes, (at) => xs[at]!) / count;
        variances[unit] = sum(unit, places, images, lanes, (at) => memory.round(xs[at]! - means[unit]!) ** 2) / count;
      }
    },

    batchNormForward(x, mean, variance, weight, bias, y, units, places, lanes, epsilon) {
      const size = places * lanes, xs = memory.floatsAt(x, units * size), ys = memory.floatsAt(y, units * size);
      const [means, variances, weights, biases] = [mean, variance, weight, bias].map((p) => memory.floatsAt(p, units));
      for (let at = 0; at < units * size; at++) {
        const unit = Math.floor(at / size);
        const scale = memory.round(weights![unit]! * inverse(variances![unit]!, epsilon));
        ys[at] = memory.round(memory.round(xs[at]! - means![unit]!) * scale) + biases![unit]!;
      }
    },

    batchNormParameterGradients(x, mean, variance, dy, dWeight, dBias, units, places, lanes, epsilon) {
      const count = units * places * lanes, xs = memory.floatsAt(x, count), dys = memory.floatsAt(dy, count);
      const means = memory.floatsAt(mean, units), variances = memory.floatsAt(variance, units);
      const dWeights = memory.floatsAt(dWeight, units), dBiases = memory.floatsAt(dBias, units);
      for (let unit = 0; unit < units; unit++) {
        const product = (at: number) => dys[at]! * memory.round(xs[at]! - means[unit]!);
        dWeights[unit] = sum(unit, places, lanes, lanes, product) * inverse(variances[unit]!, epsilon);
        dBiases[unit] = sum(unit, places, lanes, lanes, (at) => dys[at]!);
      }
    },

    batchNormInputGradient(
      x,
      mean,
      variance,
      weight,
      dWeight,
      dBias,
      dy,
      dx,
      units,
      places,
      images,
      lanes,
      epsilon,
    ) {
      const size = places * lanes, count = places * images;
      const [xs, dys, dxs] = [x, dy, dx].map((pointer) => memory.floatsAt(pointer, units * size));
      const [means, variances, weights] = [mean, variance, weight].map((p) => memory.floatsAt(p, units));
      for (let unit = 0; unit < units; unit++) {
        const over = inverse(variances![unit]!, epsilon), scale = weights![unit]! * over;
        // What moves all x moves mean and variance, too.
        const share = count === 0 ? 0 : -scale / count;
        const along = count === 0 ? 0 : memory.round(share * over * memory.floatsAt(dWeight, units)[unit]!);
        const all = count === 0 ? 0 : memory.round(share * memory.floatsAt(dBias, units)[unit]!);
        for (let at = unit * size; at < (unit + 1) * size; at++) {
          const off = memory.round(xs![at]! - means![unit]!);
          const shared = memory.round(memory.round(along * off) + all);
          const isImage = count === 0 || at % lanes < images;
          dxs![at] = isImage ? memory.round(memory.round(scale) * dys![at]!) + shared : 0;
        }
      }
    },
  };
}
