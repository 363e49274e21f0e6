/**
 * The current batch in a machine's memory.
 *
 * @module
 */
import { sizeOf } from "../../nn/mod.ts";
import type { BatchMemory, Pass } from "../backend.ts";
import { checkSource } from "../batch_checks.ts";
import type { BatchSource } from "../engine.ts";
import { fromLanes, intoLanes } from "../lanes.ts";
import type { Machine } from "./machine.ts";
import type { CpuActivation } from "./site.ts";
import { type CpuUpload, CpuUploads } from "./uploads.ts";

/** Images and labels; labels are loaded in one of two forms. */
export class CpuBatch implements BatchMemory<CpuActivation> {
  readonly classes: number;
  /** Form of the current labels. */
  labelForm: BatchSource["labels"] = "integer";
  /** int32 `[lanes]`. */
  readonly labels: number;
  /** float32 `[classes][lanes]`: one-hot labels. */
  readonly targets: number;
  readonly #machine: Machine;
  readonly #pass: Pass;
  readonly #input: CpuActivation;
  readonly #lanes: number;
  readonly #indices: number;
  readonly #uploads: CpuUploads;
  /** The uploads of the data seen so far, as long as they are there. */
  readonly #known = new WeakMap<BatchSource, CpuUpload>();

  constructor(machine: Machine, pass: Pass, input: CpuActivation, classes: number, lanes: number) {
    this.#machine = machine;
    this.#pass = pass;
    this.#input = input;
    this.classes = classes;
    this.#lanes = lanes;
    this.labels = machine.allocate(4 * lanes);
    this.targets = machine.allocate(4 * lanes * classes);
    this.#indices = machine.allocate(4 * lanes);
    this.#uploads = new CpuUploads(machine, input.shape);
  }

  upload(data: BatchSource): void {
    const upload = this.#known.get(data);
    if (upload && this.#uploads.use(upload)) return;
    checkSource(data, this.#input.shape, this.classes);
    this.#known.set(data, this.#uploads.of(data.source));
  }

  gather(data: BatchSource, indices: ArrayLike<number>): void {
    const { source } = data, { kernels, ints, floats } = this.#machine, lanes = this.#lanes;
    const oneHot = data.labels === "oneHot";
    if (oneHot) floats.fill(0, this.targets / 4, this.targets / 4 + this.classes * lanes);
    for (let lane = 0; lane < indices.length; lane++) {
      const index = indices[lane]!, label = source.labels[index]!;
      ints[this.#indices / 4 + lane] = index;
      if (oneHot) floats[this.targets / 4 + label * lanes + lane] = 1;
      else ints[this.labels / 4 + lane] = label;
    }
    kernels.gather(
      this.#known.get(data)!.pointer,
      this.#indices,
      this.#input.value,
      indices.length,
      sizeOf(this.#input.shape),
      lanes,
      data.scale,
    );
    this.labelForm = data.labels;
  }

  setLabels(labels: ArrayLike<number>): void {
    this.labelForm = "integer";
    this.#machine.ints.set(labels, this.labels / 4);
  }

  write(to: Pick<CpuActivation, "value">, values: Float32Array): void {
    intoLanes(values, this.#pass.images, this.#machine.floats, to.value / 4, this.#lanes);
  }

  read(from: CpuActivation, what: "value" | "gradient"): Promise<Float32Array> {
    const { images } = this.#pass, size = sizeOf(from.shape);
    return Promise.resolve(fromLanes(this.#machine.floats, from[what] / 4, this.#lanes, images, size));
  }
}
