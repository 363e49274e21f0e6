/**
 * The current batch in a machine's memory.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { BatchMemory } from "../backend.ts";
import { checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import { fromLanes, intoLanes } from "../lanes.ts";
import { clear } from "./place.ts";
import type { CpuActivation, CpuSpace } from "./site.ts";
import { type CpuUpload, cpuUploads } from "./uploads.ts";

/** Images and labels. */
export interface CpuBatch extends BatchMemory<CpuActivation> {
  write(to: Pick<CpuActivation, "value">, values: Float32Array): void;
  /** Softmax cross entropy of logits with the labels: float32 `[lanes]` at `losses`, the gradient if it is not 0. */
  crossEntropy(logits: number, gradient: number, losses: number): void;
}

/** Room for the labels of so many classes; labels are loaded in one of two forms. */
export function cpuBatch({ machine, pass, lanes }: CpuSpace, input: CpuActivation, classes: number): CpuBatch {
  const { kernels } = machine;
  /** int32 `[lanes]`. */
  const labels = machine.allocate(4 * lanes);
  /** float32 `[classes][lanes]`: one-hot labels. */
  const targets = machine.allocate(4 * lanes * classes);
  const chosen = machine.allocate(4 * lanes);
  const uploads = cpuUploads(machine, input.shape);
  /** The uploads of the data seen so far, as long as they are there. */
  const known = new WeakMap<BatchSource, CpuUpload>();
  /** Form of the current labels. */
  let isOneHot = false;
  return {
    upload(data) {
      const upload = known.get(data);
      if (upload && uploads.use(upload)) return;
      checkSource(data, input.shape, classes);
      known.set(data, uploads.of(data.source));
    },
    gather(data, indices) {
      const { source, scale } = data, { ints, floats } = machine;
      isOneHot = data.labels === "oneHot";
      if (isOneHot) clear(machine, targets, classes * lanes);
      for (let lane = 0; lane < indices.length; lane++) {
        const index = indices[lane]!, label = source.labels[index]!;
        ints[chosen / 4 + lane] = index;
        if (isOneHot) floats[targets / 4 + label * lanes + lane] = 1;
        else ints[labels / 4 + lane] = label;
      }
      const { pointer } = known.get(data)!;
      kernels.gather(pointer, chosen, input.value, indices.length, sizeOf(input.shape), lanes, scale);
    },
    setLabels(values) {
      isOneHot = false;
      machine.ints.set(values, labels / 4);
    },
    write: (to, values) => intoLanes(values, pass.images, machine.floats, to.value / 4, lanes),
    read: (from, what) =>
      Promise.resolve(fromLanes(machine.floats, from[what] / 4, lanes, pass.images, sizeOf(from.shape))),
    crossEntropy(logits, gradient, losses) {
      if (isOneHot) kernels.softmaxCrossEntropyOneHot(logits, targets, gradient, losses, classes, pass.images, lanes);
      else kernels.softmaxCrossEntropy(logits, labels, gradient, losses, classes, pass.images, lanes);
    },
  };
}
