/** The GPU's cases in this runtime: Deno brings WebGPU itself, and Debian's mesa-vulkan-drivers an adapter for every machine. */
import { test } from "node:test";
import { runtimeGpu } from "../src/runtime/gpu.ts";
import { cases } from "./gpu/cases.ts";

const gpu = runtimeGpu();
const adapter = await gpu?.requestAdapter();
const missing = gpu ? "there is no adapter: apt-get install mesa-vulkan-drivers" : "this runtime has no WebGPU";

for (const { name, run } of cases) {
  test(`webgpu: ${name}`, { skip: adapter ? false : missing }, () => run(gpu!));
}
