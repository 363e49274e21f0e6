/**
 * The losses of a batch on a CPU machine, and the clipping of each image's own gradient.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Clipping, Losses, LossMode } from "../backend.ts";
import type { CpuBatch } from "./batch.ts";
import { clear } from "./place.ts";
import type { CpuActivation, CpuSpace } from "./site.ts";

/** Losses in a machine's memory. */
export interface CpuLosses extends Losses {
  /** float32 `[lanes]`. */
  readonly pointer: number;
}

/** Losses from the network's output. */
export function cpuLosses(
  { machine, parameters: { watch }, pass, lanes }: CpuSpace,
  batch: CpuBatch,
  { value, gradient, shape }: CpuActivation,
): CpuLosses {
  const pointer = machine.allocate(4 * lanes), at = pointer / 4;
  /** Where the targets of a regression lie; allocated when first needed. */
  let wanted = 0;
  /** The sum and number of losses since they were set. */
  let total = 0, count = 0;
  const sum = (mode: LossMode, isStep: boolean) => {
    if (mode === "leave") return;
    if (mode === "set") total = count = 0;
    const { floats } = machine;
    let added = 0;
    for (let image = 0; image < pass.images; image++) added += floats[at + image]!;
    total += added;
    count += pass.images;
    if (isStep) watch.look(total);
  };
  return {
    pointer,
    crossEntropy(withGradient, mode = "set", isStep = false) {
      batch.crossEntropy(value, withGradient ? gradient : 0, pointer);
      sum(mode, isStep);
    },
    squaredError(targets) {
      const outputs = sizeOf(shape);
      wanted ||= machine.allocate(4 * outputs * lanes);
      batch.write({ value: wanted }, targets);
      machine.kernels.squaredError(value, wanted, gradient, pointer, outputs, pass.images, lanes);
      sum("set", true);
    },
    read: () => Promise.resolve(Float32Array.from(machine.floats.subarray(at, at + pass.images))),
    mean: () => Promise.resolve(total / count),
  };
}

/** Clipping from the sums of squares to which the layers add. */
export function cpuClipping(
  { machine, pass, squares, lanes }: CpuSpace,
  { gradient, shape }: CpuActivation,
): Clipping {
  return {
    begin: () => clear(machine, squares, lanes),
    clip: (bound) => machine.kernels.clipExamples(gradient, squares, sizeOf(shape), pass.images, lanes, bound),
  };
}
