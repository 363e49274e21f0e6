/**
 * Compiled shaders, each kept for its constants, and the layouts of what is bound to them.
 *
 * @module
 */
import { type ShaderName, shaders } from "./shaders.ts";
import { compilable, type Constants } from "./unroll.ts";

/** Of GPUShaderStage, which not every runtime has as a global. */
const COMPUTE = 4;

/** A device's pipelines. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  /** Of the arguments of a dispatch, bound at their place in one buffer. */
  readonly argumentLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.argumentLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } }],
    });
  }

  /** The layout of a shader's buffers; shaders whose buffers are of the same kinds share one. */
  layout(name: ShaderName): GPUBindGroupLayout {
    const { written } = shaders[name], key = written.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.#device.createBindGroupLayout({
        entries: written.map((isWritten, binding) => ({
          binding,
          visibility: COMPUTE,
          buffer: { type: isWritten ? "storage" : "read-only-storage" },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** A shader with its constants; compiled when first asked for with these. */
  pipeline(name: ShaderName, constants: Constants): GPUComputePipeline {
    const key = `${name} ${JSON.stringify(constants)}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      const shader = shaders[name];
      const module = this.#device.createShaderModule({ label: name, code: compilable(shader.code, constants) });
      const bindGroupLayouts = [this.layout(name)];
      if (shader.arguments.length > 0) bindGroupLayouts.push(this.argumentLayout);
      pipeline = this.#device.createComputePipeline({
        label: name,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts }),
        compute: { module, entryPoint: "main" },
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }
}
