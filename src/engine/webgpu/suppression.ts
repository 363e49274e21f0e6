/**
 * Suppress operations on parameters on a GPU. Thresholds, importances and masks stay there; a number is read back.
 *
 * @module
 */
import type { PlacedUnits } from "../backend.ts";
import {
  type ApproximateSuppression,
  type ExactSuppression,
  UNIT_IMPORTANCES,
  type UnitSuppression,
} from "../suppression.ts";
import { tableSizeFor } from "../table_size.ts";
import { type Constants, type Device, flat, type Groups, type Kernel } from "./device.ts";
import type { ShaderName } from "./shaders.ts";

/** Where a parameter lies in the buffers, in floats. */
export interface Place {
  readonly at: number;
  readonly count: number;
  /** Whether gradients train it. */
  readonly trained: boolean;
}

/** What the operations look at and change: all values, masks and deWeights, each in one buffer. */
export interface Suppressed {
  readonly values: GPUBuffer;
  readonly masks: GPUBuffer;
  readonly deWeights: GPUBuffer;
}

/** Words of the state that the kernels share: `struct State` in `gpu/build.ts`. */
const STATE = { threshold: 1, suppressed: 2, done: 3, words: 4 };

const ONE_GROUP: Groups = [1, 1, 1];

/** The operations. They rewrite masks and deWeights, not values. */
export class GpuSuppression {
  readonly #device: Device;
  readonly #places: readonly Place[];
  readonly #buffers: Suppressed;
  readonly #state: GPUBuffer;
  readonly #kernels = new Map<string, Kernel>();
  /** Table and list of distinct magnitudes; made by the first mask. */
  #scratch: readonly [GPUBuffer, GPUBuffer] | undefined;
  /** For each number of units, their importances and which are silent; made when they are first needed. */
  readonly #importances = new Map<number, GPUBuffer>();

  /** The operations on parameters at these places. */
  constructor(device: Device, places: readonly Place[], buffers: Suppressed) {
    this.#device = device;
    this.#places = places;
    this.#buffers = buffers;
    this.#state = device.buffer(4 * STATE.words);
  }

  /** Allocates what the operations on weights need, once there is a mask. */
  makeRoom(): void {
    if (this.#scratch) return;
    const largest = Math.max(...this.#places.map(({ count }) => count));
    this.#scratch = [this.#device.buffer(4 * tableSizeFor(largest)), this.#device.buffer(4 * largest)];
  }

  /** A kernel over a part of the parameters, made when first needed: of one workgroup, if not of others. */
  #kernel(
    name: ShaderName,
    buffers: readonly GPUBuffer[],
    key: string = name,
    groups: Groups = ONE_GROUP,
    constants: Constants = {},
  ): Kernel {
    let kernel = this.#kernels.get(key);
    if (!kernel) this.#kernels.set(key, kernel = this.#device.kernel(name, constants, buffers, groups));
    return kernel;
  }

  #rewritten(): readonly GPUBuffer[] {
    const { values, masks, deWeights } = this.#buffers;
    return [values, masks, deWeights, this.#state];
  }

  #kth(): Kernel {
    return this.#kernel("kth_magnitude", [this.#buffers.values, this.#state]);
  }

  /** What the last operation wrote down: weights suppressed, or units silent. */
  async readSuppressed(): Promise<number> {
    return new Uint32Array(await this.#device.read(this.#state, 4 * STATE.suppressed, 4))[0]!;
  }

  /** See `ParameterStore.maxMagnitude`. */
  async maxMagnitude({ at, count }: Place): Promise<number> {
    // The largest of `count` is the count-th smallest.
    this.#device.run(this.#kth(), at, count, count, 0);
    return new Float32Array(await this.#device.read(this.#state, 4 * STATE.threshold, 4))[0]!;
  }

  /** See `ParameterStore.suppressExact`. */
  exact({ at, count }: Place, rule: ExactSuppression): Promise<number> {
    const device = this.#device;
    const { stop, minNum, lr, isLowerClip, isAddNoise, upperBound, seed, stream } = rule;
    device.run(this.#kth(), at, count, stop, 0);
    const limit = Math.min(count - minNum, stop), kernel = this.#kernel("suppress_exact", this.#rewritten());
    device.run(kernel, at, count, limit, lr, Number(isLowerClip), Number(isAddNoise), upperBound, seed, stream);
    return this.readSuppressed();
  }

  /** See `ParameterStore.suppressApproximate`. */
  async approximate({ at, count }: Place, rule: ApproximateSuppression): Promise<number | undefined> {
    const device = this.#device, { values, masks } = this.#buffers, { rank, first, lr } = rule;
    if (first) device.run(this.#kth(), at, count, rank, 1);
    else {
      const [table, distinct] = this.#scratch!;
      const list = this.#kernel("distinct_magnitudes", [values, masks, table, distinct, this.#state]);
      device.run(list, at, count, tableSizeFor(count));
      device.run(this.#kernel("kth_magnitude", [distinct, this.#state], "kth distinct"), 0, 0, rank, 1);
    }
    device.run(this.#kernel("suppress_approximate", this.#rewritten()), at, count, Number(first), lr);
    const state = new Uint32Array(await device.read(this.#state, 0, 4 * STATE.words));
    return state[STATE.done] ? state[STATE.suppressed]! : undefined;
  }

  /** See `ParameterStore.countSuppressed`. */
  count({ at, count }: Place): Promise<number> {
    this.#device.run(this.#kernel("count_suppressed", [this.#buffers.masks, this.#state]), at, count);
    return this.readSuppressed();
  }

  /** See `ParameterStore.suppressUnits`; the masks are yet to be applied, and the number to be read. */
  silenceUnits(placed: PlacedUnits, rule: UnitSuppression): void {
    const { weight, bias, reader, silencers, units, taps, rows, columns } = placed;
    const { values, masks } = this.#buffers, [made, read] = [this.#places[weight]!, this.#places[reader]!];
    const importances = this.#importances.get(units) ?? this.#device.buffer(8 * units);
    this.#importances.set(units, importances);
    const biasAt = bias === undefined ? 0 : this.#places[bias]!.at;
    const geometry = [made.at, biasAt, read.at, Number(bias !== undefined), units, taps, rows, columns];
    const measured = [values, masks, importances], of = ` of ${units}`;
    const measure = this.#kernel("unit_importances", measured, `unit_importances${of}`, flat(64 * units));
    this.#device.run(measure, ...geometry, UNIT_IMPORTANCES.indexOf(rule.importance));
    const silence = this.#kernel("silence_units", [masks, importances, this.#state], `silence_units${of}`);
    this.#device.run(silence, ...geometry, rule.target);
    for (const place of silencers) {
      const { at, count } = this.#places[place]!;
      const constants = { count, at, units }, key = `silence_own at ${at}`;
      this.#device.run(this.#kernel("silence_own", [masks, importances], key, flat(count), constants));
    }
  }
}
