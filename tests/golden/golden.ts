/** The golden traces: what the reference itself computed, kept beside the checkout and never copied into it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { EngineOptions } from "../../mod.ts";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { decodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { Dtype, DtypeArrays, Tensor } from "../../src/checkpoint/tensor.ts";

/** Where the traces lie: TACET_GOLDEN, else the folder `golden` in TACET_SHARED, else in ../shared. */
export const goldenFolder: string = process.env.TACET_GOLDEN ?? join(process.env.TACET_SHARED ?? "../shared", "golden");

/**
 * For `test(..., { skip: goldenMissing(name) }, ...)`: why the trace cannot be read, or false if it is there. Where
 * TACET_GOLDEN names the folder nothing is skipped: a trace that is missing there is an error of the test.
 */
export function goldenMissing(name: string): string | false {
  const path = join(goldenFolder, `${name}.safetensors`);
  if (process.env.TACET_GOLDEN !== undefined || existsSync(path)) return false;
  return `there is no ${path}: set TACET_GOLDEN to the folder of the golden traces`;
}

const hasAdapter = Boolean(await runtimeGpu()?.requestAdapter());

/** For `skip`: why the webgpu engine that a test asks for cannot run here, or false. */
export function engineMissing({ engine }: EngineOptions): string | false {
  if (engine !== "webgpu" || hasAdapter) return false;
  return "there is no adapter for WebGPU: apt-get install mesa-vulkan-drivers";
}

/** The arrays of a trace by name. */
export function goldenTensors(name: string): GoldenTensors {
  const path = join(goldenFolder, `${name}.safetensors`);
  return new GoldenTensors(path, decodeSafetensors(readFileSync(path), path).tensors);
}

/** The settings and expected figures of a trace. */
export function goldenSettings<T = Record<string, unknown>>(name: string): T {
  return JSON.parse(readFileSync(join(goldenFolder, `${name}.json`), "utf8")) as T;
}

/** The arrays of one trace; asking for one that is not there, or of another type, is an error. */
export class GoldenTensors {
  readonly #path: string;
  readonly #tensors: ReadonlyMap<string, Tensor>;

  constructor(path: string, tensors: ReadonlyMap<string, Tensor>) {
    this.#path = path;
    this.#tensors = tensors;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`${this.#path} has no ${name}; it has ${this.names.join(", ")}`);
    return tensor;
  }

  shape(name: string): readonly number[] {
    return this.get(name).shape;
  }

  f32(name: string): Float32Array {
    return this.#typed(name, "F32");
  }

  f64(name: string): Float64Array {
    return this.#typed(name, "F64");
  }

  i32(name: string): Int32Array {
    return this.#typed(name, "I32");
  }

  u8(name: string): Uint8Array {
    return this.#typed(name, "U8");
  }

  #typed<D extends Dtype>(name: string, dtype: D): DtypeArrays[D] {
    const tensor = this.get(name);
    if (tensor.dtype !== dtype) throw new Error(`${name} in ${this.#path} is ${tensor.dtype}, not ${dtype}`);
    return tensor.data as DtypeArrays[D];
  }
}
