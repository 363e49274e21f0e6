/**
 * The image inversion attack on a GPU.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { InversionKernels, Pass } from "../backend.ts";
import { BETA1, BETA2, EPSILON } from "../inversion.ts";
import type { GpuBatch } from "./batch.ts";
import type { Device } from "./device.ts";
import { squaredError } from "./losses.ts";
import { type GpuActivation, spatial } from "./site.ts";

/** The attack's kernels over the images of a batch. */
export function gpuInversion(
  device: Device,
  batch: GpuBatch,
  pass: Pass,
  { shape, value, gradient }: GpuActivation,
  features: GpuActivation,
  lanes: number,
): InversionKernels {
  const [channels, height, width] = spatial(shape), count = sizeOf(shape) * lanes, size = sizeOf(features.shape);
  const lines = channels * height * lanes;
  const error = squaredError(device, batch, features, lanes, channels * height);
  const moments = [device.buffer(4 * count), device.buffer(4 * count)] as const;
  const priors = device.kernel(
    "image_priors",
    { count: lines, height, width, lanes, lossesAt: error.blocks * lanes },
    [value, gradient!, error.losses.buffer],
  );
  const sign = device.kernel("sign_step", { count }, [value, gradient!]);
  // Pixels have no masks, deWeights and watch: what stands in for them is not read.
  const buffers = [value, gradient!, gradient!, gradient!, ...moments, gradient!];
  const adam = device.kernel("adam", { count, pixels: true }, buffers);
  return {
    setTargets(values) {
      const weights = Array.from({ length: pass.images }, (_, image) => {
        const square = values.subarray(image * size, (image + 1) * size).reduce((sum, value) => sum + value * value, 0);
        // The size cancels in the ratio of two means; without a ratio it stays.
        return 1 / (square === 0 ? size : square);
      });
      error.setTargets(values, weights);
      for (const moment of moments) device.clear(moment);
    },
    featureLoss: (factor) => error.run(factor, 1),
    imagePriors: (vertical, horizontal, square) => device.run(priors, vertical, horizontal, square),
    signStep: (rate, low, high) => device.run(sign, rate, low, high),
    adamStep: (rate, scales, low, high) => device.run(adam, rate, BETA1, BETA2, EPSILON, ...scales, low, high),
    losses: () => error.losses.read(pass.images),
  };
}
