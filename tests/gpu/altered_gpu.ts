/** Entries to WebGPU that are not quite what they stand in for. */

/** A stand-in for an object in which some members are others. */
export function altered<T extends object>(real: T, members: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(real, {
    get(target, key) {
      if (key in members) return members[key as keyof T];
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** An entry to WebGPU whose devices pass through `change`. */
export function alteredGpu(gpu: GPU, change: (device: GPUDevice) => GPUDevice, adapterMembers: object = {}): GPU {
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await gpu.requestAdapter(options);
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => change(await adapter!.requestDevice(descriptor));
    return adapter && altered(adapter, { requestDevice, ...adapterMembers });
  };
  return altered(gpu, { requestAdapter });
}
