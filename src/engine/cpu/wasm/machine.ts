/**
 * The wasm machine: an instance of the compiled kernels with a memory of its own.
 *
 * @module
 */
import type { Kernels } from "../kernels.ts";
import type { Machine } from "../machine.ts";

const PAGE = 65536;

/** What an instance of the kernels exports. */
export type KernelExports = Kernels & {
  readonly heapBase: WebAssembly.Global;
  readonly memory: WebAssembly.Memory;
  joinThreads(thread: number, counters: number): void;
  closeCall(call: number): void;
  openCall(call: number): void;
  joinCall(call: number): number;
};

/**
 * A machine of an instance's exports.
 *
 * @param threads how many threads its kernels are done by
 */
export function machineOf(exports: KernelExports, memory: WebAssembly.Memory, threads: number): Machine {
  const {
    memory: _memory,
    heapBase,
    joinThreads: _joins,
    closeCall: _closes,
    openCall: _opens,
    joinCall: _call,
    ...kernels
  } = exports;
  const viewsOf = ({ buffer }: WebAssembly.Memory) => ({
    floats: new Float32Array(buffer),
    ints: new Int32Array(buffer),
    bytes: new Uint8Array(buffer),
  });
  let views = viewsOf(memory);
  let end = Number(heapBase.value);
  return {
    kernels,
    threads,
    get floats() {
      return views.floats;
    },
    get ints() {
      return views.ints;
    },
    get bytes() {
      return views.bytes;
    },
    allocate(size: number): number {
      const pointer = Math.ceil(end / 64) * 64;
      const missing = Math.ceil((pointer + size - memory.buffer.byteLength) / PAGE);
      if (missing > 0) {
        try {
          memory.grow(missing);
        } catch {
          throw new RangeError(
            `no room for ${size} more bytes: the wasm memory holds ${memory.buffer.byteLength} and cannot grow by ${
              missing * PAGE
            }`,
          );
        }
        views = viewsOf(memory);
      }
      end = pointer + size;
      return pointer;
    },
  };
}

/**
 * A new machine.
 *
 * @param module the compiled kernels, from whatever realm
 * @throws {TypeError} if it is a module of something else.
 */
export function wasmMachine(module: WebAssembly.Module): Machine {
  const exports = new WebAssembly.Instance(module).exports as unknown as KernelExports;
  if (!exports.memory || !exports.heapBase || !exports.joinThreads) {
    throw new TypeError("the module is not one of tacet's kernels, which `wasmBytes` of @tacet/tacet/wasm gives");
  }
  return machineOf(exports, exports.memory, 1);
}
