/**
 * The watch over training on a GPU: the kernels note the first step whose loss is not finite, and from then on change
 * nothing; it is read back now and then, so that no step waits for it.
 *
 * @module
 */
import type { StepWatch } from "../backend.ts";
import type { Divergence } from "../engine.ts";
import type { Device } from "./device.ts";

/** Steps between two looks. */
const INTERVAL = 128;

/** What `watch[0]` is while no step has diverged. */
const NONE = 0xffffffff;

/** Counts the training steps of a program and learns which was the first whose loss is not finite. */
export class GpuWatch implements StepWatch {
  /** u32: the step, or 2^32 - 1; the bits of its loss. */
  readonly buffer: GPUBuffer;
  /** Steps enqueued since the watch began. */
  steps = 0;
  /** As far as it is known. */
  diverged: Divergence | undefined;
  readonly #device: Device;
  /** How many steps there were at the last look, and that look while it is under way. */
  #lookedAt = 0;
  #looking: Promise<void> | undefined;
  /** How often it began: a look of before tells nothing. */
  #beginnings = 0;
  #failure: unknown;

  constructor(device: Device) {
    this.#device = device;
    this.buffer = device.buffer(8);
    this.begin();
  }

  /** The kernels look themselves. */
  readonly isStopped = false;

  /** Begins anew. */
  begin(): void {
    this.#device.write(this.buffer, 0, Uint32Array.of(NONE, 0));
    this.steps = this.#lookedAt = 0;
    this.diverged = undefined;
    this.#beginnings++;
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.steps;
    const beginning = this.#beginnings;
    const words = await this.#device.read(this.buffer, 0, 8);
    const step = new Uint32Array(words)[0]!;
    if (step !== NONE && beginning === this.#beginnings) this.diverged = { step, loss: new Float32Array(words)[1]! };
  }

  /** Looks if it is time, without waiting; a promise if the last look is that long under way. */
  pressure(): Promise<unknown> | undefined {
    if (this.#failure) throw this.#failure;
    if (this.diverged || this.steps - this.#lookedAt < INTERVAL) return undefined;
    if (this.#looking) return this.#looking;
    this.#looking = this.#look().catch((failure) => void (this.#failure = failure)).then(() => {
      this.#looking = undefined;
    });
    return undefined;
  }

  /** For certain, once all that was enqueued is done. */
  async settled(): Promise<Divergence | undefined> {
    await this.#looking;
    if (!this.diverged) await this.#look();
    return this.diverged;
  }
}
