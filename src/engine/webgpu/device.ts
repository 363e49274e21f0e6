/**
 * A GPU's device: buffers, kernels with all that they need bound, and one stream of work.
 *
 * @module
 */
import { type ShaderName, shaders } from "./shaders.ts";
import { Pipelines } from "./pipelines.ts";
import type { Constants } from "./unroll.ts";
import { pause } from "../../runtime/timer.ts";
import { DeviceLimitError, DeviceLostError, DeviceMemoryError, DeviceValidationError, EngineError } from "../errors.ts";

/** The bits of GPUBufferUsage and GPUMapMode, which not every runtime has as globals. */
const MAP_READ = 1, COPY_SRC = 4, COPY_DST = 8, UNIFORM = 64, STORAGE = 128;

/**
 * Bytes from the arguments of one dispatch to those of the next, and how many fit before the work must be submitted.
 */
const SLOT = 256, SLOTS = 256;

/** Submissions under way before {@link Device.pressure} asks the caller to wait. */
const IN_FLIGHT = 8;

/** A shader with its constants and buffers bound, ready to be dispatched. */
export interface Kernel {
  readonly name: ShaderName;
  readonly constants: Constants;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: Groups;
}

/** Workgroups along x, y and z. */
export type Groups = readonly [number, number, number];

export type { Constants };

/**
 * The workgroups of 64, at least one, that cover so many invocations, in two dimensions because one ends at 65535; `z`
 * more of each.
 */
export function flat(invocations: number, z = 1): Groups {
  const groups = Math.max(1, Math.ceil(invocations / 64)), x = Math.min(groups, 32768);
  return [x, Math.ceil(groups / x), z];
}

/** A device. Work is recorded and carried out in order; what is read waits for what was recorded before. */
export class Device {
  readonly #device: GPUDevice;
  /** Whether it is an adapter that computes in software: barriers are dear there. */
  readonly isSoftware: boolean;
  readonly #pipelines: Pipelines;
  readonly #argumentGroup: GPUBindGroup;
  readonly #argumentBuffer: GPUBuffer;
  readonly #arguments = new DataView(new ArrayBuffer(SLOT * SLOTS));
  #slots = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #failure: EngineError | undefined;
  #inFlight: Promise<unknown>[] = [];

  constructor(device: GPUDevice, isSoftware: boolean) {
    this.#device = device;
    this.isSoftware = isSoftware;
    device.lost.then(({ reason, message }) => {
      this.#failure ??= new DeviceLostError(
        `the GPU's device is lost (${reason || "unknown"})${message ? `: ${message}` : ""}`,
      );
    });
    this.#pushScopes();
    this.#pipelines = new Pipelines(device);
    this.#argumentBuffer = device.createBuffer({ size: SLOT * SLOTS, usage: UNIFORM | COPY_DST });
    this.#argumentGroup = device.createBindGroup({
      layout: this.#pipelines.argumentLayout,
      entries: [{ binding: 0, resource: { buffer: this.#argumentBuffer, size: SLOT } }],
    });
  }

  #pushScopes(): void {
    for (const filter of ["validation", "out-of-memory", "internal"] as const) this.#device.pushErrorScope(filter);
  }

  /** What has gone wrong since the last time: awaited before anything read is handed out. */
  #popScopes(): Promise<void> {
    const scopes = [1, 2, 3].map(() => this.#device.popErrorScope());
    this.#pushScopes();
    return Promise.all(scopes).then(([internal, memory, validation]) => {
      if (memory) this.#failure ??= new DeviceMemoryError(`the GPU is out of memory: ${memory.message}`);
      const refused = validation ?? internal;
      if (refused) this.#failure ??= new DeviceValidationError(`the GPU refused a command: ${refused.message}`);
    });
  }

  /** Throws what has gone wrong, if that is known. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * A buffer of so many bytes, all 0.
   *
   * @throws {DeviceLimitError} if the device allows none so large.
   */
  buffer(bytes: number): GPUBuffer {
    this.check();
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize), size = Math.max(16, Math.ceil(bytes / 16) * 16);
    if (size > most) {
      throw new DeviceLimitError(
        `a buffer of ${size} bytes is needed, but this GPU allows at most ${most}: take a smaller batch, network or data set, or the wasm engine`,
      );
    }
    return this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  /**
   * A shader with its constants and buffers; compiled when first asked for with these constants. By default there is
   * an invocation for each index below the constant `count`.
   *
   * @throws {DeviceLimitError} if there are more workgroups than the device allows.
   */
  kernel(
    name: ShaderName,
    constants: Constants,
    buffers: readonly GPUBuffer[],
    groups: Groups = flat(Number(constants["count"])),
  ): Kernel {
    this.check();
    const most = this.#device.limits.maxComputeWorkgroupsPerDimension;
    if (groups.some((count) => count > most)) {
      throw new DeviceLimitError(
        `${name} takes [${groups}] workgroups, but this GPU allows at most ${most}: take a smaller batch or network, or the wasm engine`,
      );
    }
    const pipeline = this.#pipelines.pipeline(name, constants);
    const bindGroup = this.#device.createBindGroup({
      layout: this.#pipelines.layout(name),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { name, constants, pipeline, bindGroup, groups };
  }

  /** Records a dispatch, with the values of its shader's arguments. */
  run(kernel: Kernel, ...values: readonly number[]): void {
    this.check();
    const { arguments: types } = shaders[kernel.name];
    if (this.#slots === SLOTS) this.submit();
    const pass = this.#pass ??= this.#commands().beginComputePass();
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, kernel.bindGroup);
    if (types.length > 0) {
      const at = SLOT * this.#slots++;
      types.forEach((type, i) => {
        if (type === "f32") this.#arguments.setFloat32(at + 4 * i, values[i]!, true);
        else this.#arguments.setInt32(at + 4 * i, values[i]!, true);
      });
      pass.setBindGroup(1, this.#argumentGroup, [at]);
    }
    pass.dispatchWorkgroups(...kernel.groups);
  }

  #commands(): GPUCommandEncoder {
    return this.#encoder ??= this.#device.createCommandEncoder();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  /** Records that so many bytes of a buffer, from one on, become 0. */
  clear(buffer: GPUBuffer, from = 0, bytes = buffer.size - from): void {
    this.check();
    this.#endPass();
    this.#commands().clearBuffer(buffer, from, bytes);
  }

  /** Writes to a buffer, after all that was recorded before. */
  write(buffer: GPUBuffer, from: number, data: ArrayBufferView<ArrayBuffer>): void {
    this.check();
    // A network without parameters has nothing to write, and Deno 2.9 crashes if it is told so.
    if (data.byteLength === 0) return;
    this.submit();
    this.#device.queue.writeBuffer(buffer, from, data);
  }

  /** Hands what was recorded to the device: one command buffer. */
  submit(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.check();
    this.#endPass();
    const { queue } = this.#device;
    if (this.#slots > 0) queue.writeBuffer(this.#argumentBuffer, 0, this.#arguments.buffer, 0, SLOT * this.#slots);
    queue.submit([encoder.finish()]);
    this.#slots = 0;
    this.#encoder = undefined;
    // A device that is lost says so elsewhere.
    const done: Promise<void> = queue.onSubmittedWorkDone().catch(() => {}).then(() => {
      this.#inFlight = this.#inFlight.filter((other) => other !== done);
    });
    this.#inFlight.push(done);
  }

  /** A promise of the oldest submission's end if many are under way: whoever records without end should wait for it. */
  pressure(): Promise<unknown> | undefined {
    return this.#inFlight.length >= IN_FLIGHT ? this.#inFlight[0] : undefined;
  }

  /**
   * So many bytes of a buffer as they are once all that was recorded is done. Work may go on behind it meanwhile.
   *
   * @throws {EngineError} (as a rejection) if anything has gone wrong by then.
   */
  async read(buffer: GPUBuffer, from: number, bytes: number): Promise<ArrayBuffer> {
    this.check();
    this.#endPass();
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.#device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    this.#commands().copyBufferToBuffer(buffer, from, staging, 0, size);
    this.submit();
    const scopes = this.#popScopes();
    // Awaited below, unless the memory is never read: then their failure is no news.
    scopes.catch(() => {});
    try {
      await staging.mapAsync(MAP_READ);
    } catch (cause) {
      await scopes.catch(() => {});
      // The news of a loss may come a little later than its consequences.
      await Promise.race([this.#device.lost, pause(100)]);
      this.#failure ??= new EngineError(`the GPU's memory cannot be read: ${(cause as Error).message}`, { cause });
    }
    await scopes;
    this.check();
    const copy = staging.getMappedRange().slice(0, bytes);
    staging.destroy();
    return copy;
  }

  /** Destroys the device with all its buffers. */
  dispose(): void {
    this.#failure ??= new EngineError("this engine was disposed of; open another one");
    this.#device.destroy();
  }
}
