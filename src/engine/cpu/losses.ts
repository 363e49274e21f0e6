/**
 * The losses of a batch on a CPU machine, and the clipping of each image's own gradient.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { Clipping, Losses, LossMode, Pass } from "../backend.ts";
import type { CpuBatch } from "./batch.ts";
import type { Machine } from "./machine.ts";
import type { CpuActivation } from "./site.ts";
import type { CpuWatch } from "./watch.ts";

/** Losses from the network's output. */
export class CpuLosses implements Losses {
  /** float32 `[lanes]`. */
  readonly pointer: number;
  readonly #machine: Machine;
  readonly #batch: CpuBatch;
  readonly #pass: Pass;
  readonly #output: CpuActivation;
  readonly #lanes: number;
  readonly #watch: CpuWatch;
  /** Where the targets of a regression lie; allocated when first needed. */
  #targets = 0;
  /** The sum and number of losses since they were set. */
  #total = 0;
  #count = 0;

  constructor(
    machine: Machine,
    batch: CpuBatch,
    pass: Pass,
    output: CpuActivation,
    lanes: number,
    watch: CpuWatch,
  ) {
    this.pointer = machine.allocate(4 * lanes);
    this.#machine = machine;
    this.#batch = batch;
    this.#pass = pass;
    this.#output = output;
    this.#lanes = lanes;
    this.#watch = watch;
  }

  crossEntropy(withGradient: boolean, mode: LossMode = "set", isStep = false): void {
    const { kernels } = this.#machine, { labelForm, labels, targets, classes } = this.#batch, lanes = this.#lanes;
    const { value, gradient } = this.#output, { images } = this.#pass, dLogits = withGradient ? gradient : 0;
    if (labelForm === "integer") {
      kernels.softmaxCrossEntropy(value, labels, dLogits, this.pointer, classes, images, lanes);
    } else kernels.softmaxCrossEntropyOneHot(value, targets, dLogits, this.pointer, classes, images, lanes);
    this.#sum(mode, isStep);
  }

  squaredError(targets: Float32Array): void {
    const { value, gradient, shape } = this.#output, outputs = sizeOf(shape), lanes = this.#lanes;
    this.#targets ||= this.#machine.allocate(4 * outputs * lanes);
    this.#batch.write({ value: this.#targets }, targets);
    const { kernels } = this.#machine;
    kernels.squaredError(value, this.#targets, gradient, this.pointer, outputs, this.#pass.images, lanes);
    this.#sum("set", true);
  }

  #sum(mode: LossMode, isStep: boolean): void {
    if (mode === "leave") return;
    const { floats } = this.#machine, { images } = this.#pass;
    let total = 0;
    for (let image = 0; image < images; image++) total += floats[this.pointer / 4 + image]!;
    this.#total = total + (mode === "add" ? this.#total : 0);
    this.#count = images + (mode === "add" ? this.#count : 0);
    if (isStep) this.#watch.look(this.#total);
  }

  read(): Promise<Float32Array> {
    const at = this.pointer / 4;
    return Promise.resolve(Float32Array.from(this.#machine.floats.subarray(at, at + this.#pass.images)));
  }

  mean(): Promise<number> {
    return Promise.resolve(this.#total / this.#count);
  }
}

/** Clipping from the sums of squares at `squares`, float32 `[lanes]`, to which the layers add. */
export function cpuClipping(
  machine: Machine,
  pass: Pass,
  { gradient, shape }: CpuActivation,
  squares: number,
  lanes: number,
): Clipping {
  return {
    begin: () => void machine.floats.fill(0, squares / 4, squares / 4 + lanes),
    clip: (bound) => machine.kernels.clipExamples(gradient, squares, sizeOf(shape), pass.images, lanes, bound),
  };
}
