/**
 * The parameters of a program on a GPU: all values in one buffer, and so their gradients, masks and deWeights.
 *
 * @module
 */
import { type DpSgd, type Optimizer, type ParameterSpec, sizeOf } from "../../nn/mod.ts";
import type { ParameterMemory, PlacedUnits } from "../backend.ts";
import type { Machine } from "../cpu/machine.ts";
import { drawNoise, initialValues } from "../draws.ts";
import type { ApproximateSuppression, ExactSuppression } from "../engine.ts";
import type { UnitSuppression } from "../suppression.ts";
import type { Constants, Device, Kernel } from "./device.ts";
import type { ShaderName } from "./shaders.ts";
import { GpuSuppression, type Place } from "./suppression.ts";
import { GpuWatch } from "./watch.ts";

/**
 * What training with differential privacy needs: the sums of clipped gradients and their noise, which `machine` draws
 * at `pointer`.
 */
interface Privacy {
  readonly sums: GPUBuffer;
  readonly noise: GPUBuffer;
  readonly machine: Machine;
  readonly pointer: number;
}

/** Parameters in a device's memory. */
export class GpuParameters implements ParameterMemory {
  /** float32 of all parameters, each from a multiple of 4 on. */
  readonly values32: GPUBuffer;
  /** Their gradients. */
  readonly gradients: GPUBuffer;
  readonly #device: Device;
  readonly #places: readonly Place[];
  /** Floats of all, and of those that gradients train, which come first. */
  readonly #total: number;
  readonly #trained: number;
  /** u32 each: 1 = kept, 0 = suppressed. */
  readonly #masks: GPUBuffer;
  readonly #deWeights: GPUBuffer;
  readonly #suppression: GpuSuppression;
  readonly #kernels = new Map<string, Kernel>();
  /** Moving means of gradients and of their squares; made when an optimizer first needs them. */
  readonly #moments: GPUBuffer[] = [];
  readonly #drawing: () => Machine;
  /** Made when it is first needed. */
  #privacy: Privacy | undefined;
  /** Over the steps that end with an update. */
  readonly watch: GpuWatch;

  /** Uploads the first values of all parameters, which a machine draws. */
  constructor(device: Device, specs: readonly ParameterSpec[], seed: number, drawing: () => Machine) {
    this.#device = device;
    this.#drawing = drawing;
    let total = 0;
    const place = (trained: boolean) => (spec: ParameterSpec): (readonly [ParameterSpec, Place])[] => {
      if ((spec.trained ?? true) !== trained) return [];
      const at = total, count = sizeOf(spec.shape);
      total += Math.ceil(count / 4) * 4;
      return [[spec, { at, count, trained }]];
    };
    const trained = specs.flatMap(place(true));
    this.#trained = total;
    const places = new Map([...trained, ...specs.flatMap(place(false))]);
    this.#places = specs.map((spec) => places.get(spec)!);
    this.#total = total;
    const buffer = () => device.buffer(4 * total);
    this.values32 = buffer();
    this.gradients = buffer();
    this.#masks = buffer();
    this.#deWeights = buffer();
    const { values32: values } = this;
    this.#suppression = new GpuSuppression(device, this.#places, {
      values,
      masks: this.#masks,
      deWeights: this.#deWeights,
    });
    this.watch = new GpuWatch(device);
    const first = new Float32Array(total), initial = initialValues(drawing(), specs, seed);
    this.#places.forEach(({ at }, i) => first.set(initial[i]!, at));
    device.write(this.values32, 0, first);
    device.write(this.#masks, 0, new Uint32Array(total).fill(1));
  }

  /** Where a parameter lies, by its index. */
  place(index: number): Place {
    return this.#places[index]!;
  }

  async values(): Promise<Float32Array[]> {
    const all = new Float32Array(await this.#device.read(this.values32, 0, 4 * this.#total));
    return this.#places.map(({ at, count }) => all.slice(at, at + count));
  }

  async read(what: "gradient" | "deWeight", place: number): Promise<Float32Array> {
    const { at, count } = this.#places[place]!, buffer = what === "gradient" ? this.gradients : this.#deWeights;
    return new Float32Array(await this.#device.read(buffer, 4 * at, 4 * count));
  }

  write(what: "value" | "gradient", place: number, values: Float32Array): void {
    const buffer = what === "value" ? this.values32 : this.gradients;
    this.#device.write(buffer, 4 * this.#places[place]!.at, Float32Array.from(values));
  }

  addMask(place: number): void {
    const { at, count } = this.#places[place]!;
    this.#device.write(this.#masks, 4 * at, new Uint32Array(count).fill(1));
    this.#suppression.makeRoom();
  }

  dropMask(place: number): void {
    this.addMask(place);
  }

  async masks(): Promise<Uint8Array[]> {
    const all = new Uint32Array(await this.#device.read(this.#masks, 0, 4 * this.#total));
    return this.#places.map(({ at, count }) => Uint8Array.from(all.subarray(at, at + count)));
  }

  writeMask(place: number, kept: Uint8Array): void {
    this.#device.write(this.#masks, 4 * this.#places[place]!.at, Uint32Array.from(kept));
  }

  forget(): void {
    for (const left of [this.gradients, this.#deWeights, ...this.#moments]) this.#device.clear(left);
    this.dropSums();
  }

  clearDeWeights(): void {
    this.#device.clear(this.#deWeights);
  }

  dropSums(): void {
    if (this.#privacy) this.#device.clear(this.#privacy.sums);
  }

  #private(): Privacy {
    if (!this.#privacy) {
      const machine = this.#drawing(), buffer = () => this.#device.buffer(4 * this.#total);
      const pointer = machine.allocate(4 * Math.max(0, ...this.#places.map(({ count }) => count)));
      this.#privacy = { sums: buffer(), noise: buffer(), machine, pointer };
    }
    return this.#privacy;
  }

  addGradients(): void {
    this.#run("add_gradients", { count: this.#trained }, [this.#private().sums, this.gradients]);
  }

  privatize(optimizer: DpSgd, step: number): void {
    const { sums, noise, machine, pointer } = this.#private(), drawn = new Float32Array(this.#trained);
    for (const [index, { at, count, trained }] of this.#places.entries()) {
      if (!trained) continue;
      drawNoise(machine, pointer, count, optimizer, step * this.#places.length + index);
      drawn.set(machine.floats.subarray(pointer / 4, pointer / 4 + count), at);
    }
    this.#device.write(noise, 0, drawn);
    this.#run("noised_means", { count: this.#trained }, [sums, noise, this.gradients], 1 / optimizer.batchSize);
  }

  /** Runs a kernel over all parameters, made when first needed. */
  #run(name: ShaderName, constants: Constants, buffers: readonly GPUBuffer[], ...values: readonly number[]): void {
    let kernel = this.#kernels.get(name);
    if (!kernel) this.#kernels.set(name, kernel = this.#device.kernel(name, constants, buffers));
    this.#device.run(kernel, ...values);
  }

  #update(name: "sgd" | "momentum" | "adam", moments: number, ...values: readonly number[]): void {
    while (this.#moments.length < moments) this.#moments.push(this.#device.buffer(4 * this.#trained));
    const own = this.#moments.slice(0, moments), count = this.#trained;
    const buffers = [this.values32, this.gradients, this.#masks, this.#deWeights, ...own, this.watch.buffer];
    this.#run(name, name === "adam" ? { count, pixels: false } : { count }, buffers, ...values);
  }

  update(optimizer: Optimizer, _withDeWeights: boolean, scales?: readonly [number, number]): void {
    const { kind, lr } = optimizer;
    if (kind === "sgd" || kind === "dpSgd") this.#update("sgd", 0, lr);
    else if (kind === "momentum") this.#update("momentum", 1, lr, optimizer.momentum);
    else {
      const { beta1, beta2, epsilon } = optimizer;
      this.#update("adam", 2, lr, beta1, beta2, epsilon, ...scales!);
    }
    this.#device.submit();
  }

  applyMasks(): void {
    this.#run("apply_masks", { count: this.#total }, [this.values32, this.#masks]);
  }

  maxMagnitude(place: number): Promise<number> {
    return this.#suppression.maxMagnitude(this.#places[place]!);
  }

  suppressExact(place: number, rule: ExactSuppression): Promise<number> {
    return this.#suppression.exact(this.#places[place]!, rule);
  }

  suppressApproximate(place: number, rule: ApproximateSuppression): Promise<number | undefined> {
    return this.#suppression.approximate(this.#places[place]!, rule);
  }

  countSuppressed(place: number): Promise<number> {
    return this.#suppression.count(this.#places[place]!);
  }

  suppressUnits(units: PlacedUnits, rule: UnitSuppression): Promise<number> {
    this.#suppression.silenceUnits(units, rule);
    this.applyMasks();
    return this.#suppression.readSuppressed();
  }
}
