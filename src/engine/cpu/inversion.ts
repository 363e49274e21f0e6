/**
 * The image inversion attack on a CPU machine.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { InversionKernels } from "../backend.ts";
import { BETA1, BETA2, EPSILON } from "../inversion.ts";
import type { CpuBatch } from "./batch.ts";
import type { CpuLosses } from "./losses.ts";
import { clear } from "./place.ts";
import { type CpuActivation, type CpuSpace, spatial } from "./site.ts";

/** The attack's kernels over the images of a batch. */
export function cpuInversion(
  { machine, pass, lanes }: CpuSpace,
  batch: CpuBatch,
  losses: CpuLosses,
  input: CpuActivation,
  features: CpuActivation,
): InversionKernels {
  const { kernels: k } = machine, pixels = sizeOf(input.shape) * lanes, outputs = sizeOf(features.shape);
  const targets = machine.allocate(4 * outputs * lanes);
  const [first, second] = [machine.allocate(4 * pixels), machine.allocate(4 * pixels)];
  const [channels, height, width] = spatial(input.shape);
  const { value: x, gradient: dx } = input;
  return {
    setTargets(values) {
      batch.write({ value: targets }, values);
      for (const moment of [first, second]) clear(machine, moment, pixels);
    },
    featureLoss(factor) {
      const { value, gradient } = features;
      k.featureLoss(value, targets, gradient, losses.pointer, outputs, pass.images, lanes, factor);
    },
    imagePriors(vertical, horizontal, square) {
      k.imagePriors(x, dx, losses.pointer, channels, height, width, lanes, vertical, horizontal, square);
    },
    signStep: (rate, low, high) => k.signStep(x, dx, pixels, rate, low, high),
    adamStep: (rate, scales, low, high) =>
      k.adamStep(x, dx, first, second, pixels, rate, BETA1, BETA2, EPSILON, ...scales, low, high),
    losses: () => losses.read(),
  };
}
