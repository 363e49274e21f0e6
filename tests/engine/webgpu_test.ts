/**
 * The GPU's cases in this runtime: Deno brings WebGPU itself, and Debian's mesa-vulkan-drivers an adapter for every
 * machine.
 */
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { cases } from "../gpu/cases.ts";

// Mesa's drivers would print errors of their own where this is no path.
process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
const gpu = runtimeGpu();
const adapter = await gpu?.requestAdapter();
const missing = gpu ? "there is no adapter: apt-get install mesa-vulkan-drivers" : "this runtime has no WebGPU";

for (const { name, run } of cases) {
  test(`webgpu: ${name}`, { skip: adapter ? false : missing }, () => run(gpu!));
}
