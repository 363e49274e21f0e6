/**
 * How long each dispatch of a GPU's device takes, by timestamps: it has every dispatch begin and end a pass of its own.
 */

/** Dispatches that are timed at most between start and reading. */
const MOST = 256;
/** The bits of GPUBufferUsage and GPUMapMode, which not every runtime has as globals. */
const MAP_READ = 1, COPY_SRC = 4, COPY_DST = 8, QUERY_RESOLVE = 512;

/** An adapter whose devices have timestamps where they can, and are told of. */
export function timestampsOf(adapter: GPUAdapter, told: (device: GPUDevice) => void): GPUAdapter {
  const { limits, features } = adapter;
  const requestDevice = async (descriptor: GPUDeviceDescriptor) => {
    if (!features.has("timestamp-query")) return await adapter.requestDevice(descriptor);
    const device = await adapter.requestDevice({ ...descriptor, requiredFeatures: ["timestamp-query"] });
    told(device);
    return device;
  };
  return { limits, features, requestDevice } as unknown as GPUAdapter;
}

/** Times the dispatches of a device that has timestamps. */
export class Stopwatch {
  readonly #device: GPUDevice;
  readonly #set: GPUQuerySet;
  #dispatches = MOST;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#set = device.createQuerySet({ type: "timestamp", count: 2 * MOST });
    const createEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => {
      const encoder = createEncoder(descriptor), begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = () => this.#pass(begin);
      return encoder;
    };
  }

  /** What stands in for a pass: it has the state of one, and begins a real one for each dispatch. */
  #pass(begin: GPUCommandEncoder["beginComputePass"]): GPUComputePassEncoder {
    let pipeline: GPUComputePipeline;
    const groups = new Map<number, unknown[]>();
    return {
      setPipeline: (next: GPUComputePipeline) => pipeline = next,
      setBindGroup: (...given: [number, ...unknown[]]) => groups.set(given[0], given),
      dispatchWorkgroups: (...counts: [number, number, number]) => {
        const at = 2 * this.#dispatches++, isTimed = at < 2 * MOST;
        const timestampWrites = { querySet: this.#set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
        const pass = begin(isTimed ? { timestampWrites } : {});
        pass.setPipeline(pipeline);
        for (const given of groups.values()) pass.setBindGroup(...given as [number, GPUBindGroup]);
        pass.dispatchWorkgroups(...counts);
        pass.end();
      },
      end: () => {},
    } as unknown as GPUComputePassEncoder;
  }

  /** Times the dispatches from now on. */
  start(): void {
    this.#dispatches = 0;
  }

  /** What each dispatch since the start took, once all that was submitted is done. */
  async nanoseconds(): Promise<number[]> {
    const count = 2 * Math.min(this.#dispatches, MOST), device = this.#device;
    this.#dispatches = MOST;
    const resolved = device.createBuffer({ size: 8 * count, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = device.createBuffer({ size: 8 * count, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(this.#set, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_READ);
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const buffer of [resolved, staging]) buffer.destroy();
    return Array.from({ length: count / 2 }, (_, i) => Number(times[2 * i + 1]! - times[2 * i]!));
  }
}
