/**
 * Programs on a CPU machine.
 *
 * @module
 */
import { type Network, sizeOf } from "../../nn/mod.ts";
import type { Backend, Pass } from "../backend.ts";
import type { ProgramOptions } from "../engine.ts";
import { lanesOf } from "../lanes.ts";
import { Parameters } from "../parameters.ts";
import { checkBatchSize, DeviceProgram } from "../program.ts";
import { CpuBatch } from "./batch.ts";
import { cpuInversion } from "./inversion.ts";
import { layerCalls, layerGroups } from "./layers.ts";
import { cpuClipping, CpuLosses } from "./losses.ts";
import type { Machine } from "./machine.ts";
import { CpuParameters } from "./parameters.ts";
import type { CpuActivation } from "./site.ts";

/** A program's part of a machine. */
function cpuBackend(machine: Machine, parameters: CpuParameters, lanes: number): Backend<CpuActivation> {
  const pass: Pass = { images: 0, training: false };
  /** Where the squared length of each image's gradient of all parameters is added up. */
  const squares = machine.allocate(4 * lanes);
  let batch: CpuBatch, losses: CpuLosses;
  return {
    pass,
    input(shape, withGradient) {
      const allocate = () => machine.allocate(4 * sizeOf(shape) * lanes);
      return { shape, value: allocate(), gradient: withGradient ? allocate() : 0 };
    },
    groups: layerGroups,
    place: (group, site) => layerCalls({ ...site, machine, parameters, pass, lanes, squares }, group),
    batch: (input, outputs) => batch = new CpuBatch(machine, pass, input, outputs, lanes),
    losses: (output) => losses = new CpuLosses(machine, batch, pass, output, lanes, parameters.watch),
    clipping: (output) => cpuClipping(machine, pass, output, squares, lanes),
    inversion: (input, features) => cpuInversion(machine, batch, pass, losses, input, features, lanes),
    submit: () => {},
    pressure: () => undefined,
  };
}

/** A network at a batch size in a machine's memory. */
export function cpuProgram(machine: Machine, network: Network, options: ProgramOptions): DeviceProgram<CpuActivation> {
  const lanes = lanesOf(checkBatchSize(options.batchSize));
  const memory = new CpuParameters(machine, network.parameters, network.seed);
  const parameters = new Parameters(memory, network.parameters);
  return new DeviceProgram(cpuBackend(machine, memory, lanes), parameters, network, options);
}
