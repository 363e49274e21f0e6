/**
 * The parameters of a program on a GPU: all values in one buffer, and so their gradients, masks and deWeights.
 *
 * @module
 */
import { finite } from "../../checks/numbers.ts";
import { fitSaved } from "../../nn/fit.ts";
import { judgeMasks, judgeValues } from "../../nn/judge.ts";
import {
  type DpSgd,
  type Fit,
  type FitOptions,
  type Optimizer,
  type ParameterSpec,
  type ParameterValues,
  type SavedParameters,
  sizeOf,
} from "../../nn/mod.ts";
import { drawNoise, initialValues } from "../draws.ts";
import { checkFinite, checkOptimizer } from "../finite.ts";
import type { DeviceParameters } from "../backend.ts";
import type { ExactSuppression } from "../engine.ts";
import type { Machine } from "../cpu/machine.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import { GpuWatch } from "./watch.ts";

/** Where a parameter lies in the buffers, in floats. */
export interface Place {
  readonly name: string;
  readonly at: number;
  readonly count: number;
}

/** Words of the state that the suppress kernels share; see `struct State` in the shaders. */
const STATE = { largest: 0, suppressed: 3, done: 4, words: 5 };

const ONE_GROUP = [1, 1, 1] as const;

/** A power of two of at least twice the count: the size of a sparse hash table. */
function tableSizeFor(count: number): number {
  let size = 16;
  while (size < 2 * count) size *= 2;
  return size;
}

/** What training with differential privacy needs: the sums of clipped gradients and their noise, which `machine` draws at `pointer`. */
interface Privacy {
  readonly sums: GPUBuffer;
  readonly noise: GPUBuffer;
  readonly machine: Machine;
  readonly pointer: number;
}

/** Parameters in a device's memory. */
export class GpuParameters implements DeviceParameters {
  readonly specs: readonly ParameterSpec[];
  /** float32 of all parameters, each from a multiple of 4 on. */
  readonly values32: GPUBuffer;
  /** Their gradients. */
  readonly gradients: GPUBuffer;
  readonly #device: Device;
  readonly #places: readonly Place[];
  readonly #total: number;
  /** u32 each: 1 = kept, 0 = suppressed. */
  readonly #masks: GPUBuffer;
  readonly #deWeights: GPUBuffer;
  readonly #state: GPUBuffer;
  readonly #kernels = new Map<string, Kernel>();
  /** Moving means of gradients and of their squares; made when an optimizer first needs them. */
  readonly #moments: GPUBuffer[] = [];
  /** Table and list of distinct magnitudes; made by the first mask. */
  #scratch: readonly [GPUBuffer, GPUBuffer] | undefined;
  readonly #masked = new Set<string>();
  #deWeightIsSet = false;
  readonly #drawing: () => Machine;
  /** Made when it is first needed. */
  #privacy: Privacy | undefined;
  #noisySteps = 0;
  /** Whether gradients were added to the sums since the last update by "dpSgd". */
  isGathering = false;
  /** Over the steps that end with an update. */
  readonly watch: GpuWatch;
  /** Adam's betas to the power of its steps so far. */
  #power1 = 1;
  #power2 = 1;
  /** Those steps, and how many of them the powers hold. */
  #adamSteps = 0;
  #adamPowers = 0;

  /** Uploads the first values of all parameters, which a machine draws. */
  constructor(device: Device, specs: readonly ParameterSpec[], seed: number, drawing: () => Machine) {
    this.specs = specs;
    this.#device = device;
    this.#drawing = drawing;
    let total = 0;
    this.#places = specs.map(({ name, shape }) => {
      const place = { name, at: total, count: sizeOf(shape) };
      total += Math.ceil(place.count / 4) * 4;
      return place;
    });
    this.#total = total;
    const buffer = () => device.buffer(4 * total);
    this.values32 = buffer();
    this.gradients = buffer();
    this.#masks = buffer();
    this.#deWeights = buffer();
    this.#state = device.buffer(4 * STATE.words);
    this.watch = new GpuWatch(device);
    const values = new Float32Array(total), initial = initialValues(drawing(), specs, seed);
    this.#places.forEach(({ at }, i) => values.set(initial[i]!, at));
    device.write(this.values32, 0, values);
    device.write(this.#masks, 0, new Uint32Array(total).fill(1));
  }

  /** Where a parameter lies, by its index. */
  place(index: number): Place {
    return this.#places[index]!;
  }

  #place(name: string): Place {
    const place = this.#places.find((candidate) => candidate.name === name);
    if (!place) {
      throw new RangeError(
        `no parameter is named ${JSON.stringify(name)}; there are ${this.#places.map((p) => p.name).join(", ")}`,
      );
    }
    return place;
  }

  #maskedPlace(name: string): Place {
    const place = this.#place(name);
    if (!this.#masked.has(name)) throw new RangeError(`parameter ${name} has no mask; call addMask first`);
    return place;
  }

  async #read(buffer: GPUBuffer, { at, count }: Place): Promise<Float32Array> {
    return new Float32Array(await this.#device.read(buffer, 4 * at, 4 * count));
  }

  #write(what: string, buffer: GPUBuffer, { at, count }: Place, values: ArrayLike<number>): void {
    if (values.length !== count) throw new RangeError(`${what} takes ${count} values, got ${values.length}`);
    this.#device.write(buffer, 4 * at, Float32Array.from(values));
  }

  async values(): Promise<Record<string, Float32Array>> {
    const all = new Float32Array(await this.#device.read(this.values32, 0, 4 * this.#total));
    return Object.fromEntries(this.#places.map(({ name, at, count }) => [name, all.slice(at, at + count)]));
  }

  setValues(values: ParameterValues): void {
    judgeValues(this.specs, values);
    checkFinite(values);
    for (const [name, data] of Object.entries(values)) {
      this.#write(`parameter ${name}`, this.values32, this.#place(name), data);
    }
  }

  gradient(name: string): Promise<Float32Array> {
    return this.#read(this.gradients, this.#place(name));
  }

  setGradient(name: string, values: Float32Array): void {
    finite(`the gradient of ${name}`, values);
    this.#write(`the gradient of ${name}`, this.gradients, this.#place(name), values);
  }

  addMask(name: string): void {
    this.#place(name);
    this.#masked.add(name);
    if (!this.#scratch) {
      const largest = Math.max(...this.#places.map(({ count }) => count));
      this.#scratch = [this.#device.buffer(4 * tableSizeFor(largest)), this.#device.buffer(4 * largest)];
    }
  }

  async masks(): Promise<Record<string, Uint8Array>> {
    const all = new Uint32Array(await this.#device.read(this.#masks, 0, 4 * this.#total));
    const masked = this.#places.filter(({ name }) => this.#masked.has(name));
    return Object.fromEntries(
      masked.map(({ name, at, count }) => [name, Uint8Array.from(all.subarray(at, at + count))]),
    );
  }

  setMasks(masks: Readonly<Record<string, Uint8Array>>): void {
    judgeMasks(this.specs, masks);
    for (const [name, data] of Object.entries(masks)) {
      this.addMask(name);
      this.#device.write(this.#masks, 4 * this.#place(name).at, Uint32Array.from(data));
    }
    this.applyMasks();
  }

  restore(saved: SavedParameters, options?: FitOptions): Fit {
    const { values, masks, fit } = fitSaved(this.specs, saved, options);
    this.setValues(values);
    for (const { name, at, count } of this.#places) {
      if (!Object.hasOwn(values, name) || Object.hasOwn(masks, name)) continue;
      this.#masked.delete(name);
      this.#device.write(this.#masks, 4 * at, new Uint32Array(count).fill(1));
    }
    // Nothing that steps of before have left belongs to these values.
    const sums = this.#privacy ? [this.#privacy.sums] : [];
    for (const left of [this.gradients, this.#deWeights, ...this.#moments, ...sums]) this.#device.clear(left);
    this.#deWeightIsSet = false;
    this.#power1 = this.#power2 = 1;
    this.setMasks(masks);
    return fit;
  }

  deWeight(name: string): Promise<Float32Array> {
    return this.#read(this.#deWeights, this.#maskedPlace(name));
  }

  clearDeWeights(): void {
    if (this.#deWeightIsSet) this.#device.clear(this.#deWeights);
    this.#deWeightIsSet = false;
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
    this.isGathering = true;
    const { sums } = this.#private(), count = this.#total;
    const make = () => this.#device.kernel("add_gradients", { count }, [sums, this.gradients], flat(count));
    this.#device.run(this.#kernel("add_gradients", make));
  }

  /** Makes the gradients the noised means of the clipped ones; the sums begin anew. */
  #privatize(optimizer: DpSgd, step: number): void {
    const { sums, noise, machine, pointer } = this.#private(), total = this.#total;
    const drawn = new Float32Array(total);
    for (const [index, { at, count }] of this.#places.entries()) {
      drawNoise(machine, pointer, count, optimizer, step * this.#places.length + index);
      drawn.set(machine.floats.subarray(pointer / 4, pointer / 4 + count), at);
    }
    this.#device.write(noise, 0, drawn);
    const buffers = [sums, noise, this.gradients];
    const make = () => this.#device.kernel("noised_means", { count: total }, buffers, flat(total));
    this.#device.run(this.#kernel("noised_means", make), 1 / optimizer.batchSize);
    this.isGathering = false;
  }

  /** A kernel over all parameters, made when first needed. */
  #kernel(name: string, make: () => Kernel): Kernel {
    let kernel = this.#kernels.get(name);
    if (!kernel) this.#kernels.set(name, kernel = make());
    return kernel;
  }

  #update(name: "sgd" | "momentum" | "adam", moments: number): Kernel {
    return this.#kernel(name, () => {
      while (this.#moments.length < moments) this.#moments.push(this.#device.buffer(4 * this.#total));
      const own = this.#moments.slice(0, moments);
      const buffers = [this.values32, this.gradients, this.#masks, this.#deWeights, ...own, this.watch.buffer];
      return this.#device.kernel(name, { count: this.#total }, buffers, flat(this.#total));
    });
  }

  update(optimizer: Optimizer, step: number = this.#noisySteps): void {
    checkOptimizer(optimizer);
    const { kind, lr } = optimizer, device = this.#device;
    this.watch.steps++;
    if (kind === "dpSgd") {
      this.#privatize(optimizer, step);
      this.#noisySteps = step + 1;
    }
    if (kind === "sgd" || kind === "dpSgd") device.run(this.#update("sgd", 0), lr);
    else if (kind === "momentum") device.run(this.#update("momentum", 1), lr, optimizer.momentum);
    else {
      const { beta1, beta2, epsilon } = optimizer;
      this.#adamSteps++;
      // One factor a step, but for the first after steps that diverged: then anew for those that are left.
      for (let i = this.#adamPowers; i < this.#adamSteps; i++) {
        this.#power1 *= beta1;
        this.#power2 *= beta2;
      }
      this.#adamPowers = this.#adamSteps;
      const scales = [1 / (1 - this.#power1), 1 / (1 - this.#power2)] as const;
      device.run(this.#update("adam", 2), lr, beta1, beta2, epsilon, ...scales);
    }
    device.submit();
  }

  /** Begins the watch anew; Adam forgets the steps that changed nothing. */
  beginWatch(): void {
    const { diverged, steps } = this.watch;
    if (diverged && this.#adamSteps > 0) {
      this.#adamSteps = Math.max(0, this.#adamSteps - (steps - diverged.step + 1));
      this.#adamPowers = 0;
      this.#power1 = this.#power2 = 1;
    }
    this.watch.begin();
  }

  applyMasks(): void {
    const buffers = [this.values32, this.#masks];
    const kernel = this.#kernel(
      "apply_masks",
      () => this.#device.kernel("apply_masks", { count: this.#total }, buffers, flat(this.#total)),
    );
    this.#device.run(kernel);
  }

  /** A kernel of one workgroup over a part of the parameters. */
  #part(
    name: "max_magnitude" | "kth_magnitude" | "distinct_magnitudes" | "suppress_exact" | "suppress_approximate",
    buffers: readonly GPUBuffer[],
    key: string = name,
  ): Kernel {
    return this.#kernel(key, () => this.#device.kernel(name, {}, [...buffers, this.#state], ONE_GROUP));
  }

  async maxMagnitude(name: string): Promise<number> {
    const { at, count } = this.#place(name);
    this.#device.run(this.#part("max_magnitude", [this.values32]), at, count);
    return new Float32Array(await this.#device.read(this.#state, 4 * STATE.largest, 4))[0]!;
  }

  async suppressExact(name: string, rule: ExactSuppression): Promise<number> {
    const { at, count } = this.#maskedPlace(name), device = this.#device;
    const { stop, minNum, lr, isLowerClip, isAddNoise, upperBound, seed, stream } = rule;
    device.run(this.#part("kth_magnitude", [this.values32]), at, count, stop, 0);
    const limit = Math.min(count - minNum, stop), kernel = this.#part("suppress_exact", this.#suppressed());
    device.run(kernel, at, count, limit, lr, Number(isLowerClip), Number(isAddNoise), upperBound, seed, stream);
    this.#deWeightIsSet = true;
    return new Uint32Array(await device.read(this.#state, 4 * STATE.suppressed, 4))[0]!;
  }

  async suppressApproximate(
    name: string,
    rule: { readonly rank: number; readonly first: boolean; readonly lr: number },
  ): Promise<number | undefined> {
    const { at, count } = this.#maskedPlace(name), device = this.#device, { rank, first, lr } = rule;
    if (rank <= 0) return undefined;
    if (first) device.run(this.#part("kth_magnitude", [this.values32]), at, count, rank, 1);
    else {
      const [table, distinct] = this.#scratch!;
      const list = this.#part("distinct_magnitudes", [this.values32, this.#masks, table, distinct]);
      device.run(list, at, count, tableSizeFor(count));
      device.run(this.#part("kth_magnitude", [distinct], "kth distinct"), 0, 0, rank, 1);
    }
    device.run(this.#part("suppress_approximate", this.#suppressed()), at, count, Number(first), lr);
    this.#deWeightIsSet = true;
    const state = new Uint32Array(await device.read(this.#state, 0, 4 * STATE.words));
    return state[STATE.done] ? state[STATE.suppressed]! : undefined;
  }

  #suppressed(): readonly GPUBuffer[] {
    return [this.values32, this.#masks, this.#deWeights];
  }
}
