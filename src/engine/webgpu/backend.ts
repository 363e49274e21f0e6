/**
 * Programs on a GPU. A step is one command buffer.
 *
 * @module
 */
import { type Network, sizeOf } from "../../nn/mod.ts";
import { type Backend, noPass } from "../backend.ts";
import { checkBatchSize } from "../batch_checks.ts";
import type { ProgramOptions } from "../engine.ts";
import { lanesOf } from "../lanes.ts";
import { Parameters } from "../parameters.ts";
import { DeviceProgram } from "../program.ts";
import { type GpuBatch, gpuBatch } from "./batch.ts";
import { exampleSquares } from "./clipping.ts";
import type { Device } from "./device.ts";
import { gpuInversion } from "./inversion.ts";
import { layerCalls, layerGroups } from "./layers.ts";
import { gpuLosses } from "./losses.ts";
import type { GpuParameters } from "./parameters.ts";
import type { GpuActivation } from "./site.ts";
import type { GpuUploads } from "./uploads.ts";

/** A program's part of a device. */
function gpuBackend(
  device: Device,
  uploads: GpuUploads,
  parameters: GpuParameters,
  lanes: number,
): Backend<GpuActivation> {
  const pass = noPass(), squares = exampleSquares(device, lanes);
  let batch: GpuBatch;
  return {
    pass,
    input(shape, withGradient) {
      const buffer = () => device.buffer(4 * sizeOf(shape) * lanes);
      return { shape, value: buffer(), gradient: withGradient ? buffer() : undefined, isRelu: false };
    },
    groups: layerGroups,
    place: (group, site) => layerCalls({ ...site, device, parameters, lanes, squares, pass }, group),
    batch: (input, outputs) => batch = gpuBatch(device, uploads, pass, input, outputs, lanes),
    losses: (output) => gpuLosses(device, batch, pass, output, lanes, parameters.watch),
    clipping: (output) => squares.clipping(pass, output),
    inversion: (input, features) => gpuInversion(device, batch, pass, input, features, lanes),
    submit: () => device.submit(),
    pressure: () => device.pressure(),
  };
}

/** A network at a batch size in a device's memory. */
export function gpuProgram(
  device: Device,
  uploads: GpuUploads,
  memory: GpuParameters,
  network: Network,
  options: ProgramOptions,
): DeviceProgram<GpuActivation> {
  const lanes = lanesOf(checkBatchSize(options.batchSize));
  const parameters = new Parameters(memory, network.parameters);
  return new DeviceProgram(gpuBackend(device, uploads, memory, lanes), parameters, network, options);
}
