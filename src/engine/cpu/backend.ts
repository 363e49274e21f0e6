/**
 * Programs on a CPU machine.
 *
 * @module
 */
import type { Network } from "../../nn/mod.ts";
import { type Backend, noPass } from "../backend.ts";
import { checkBatchSize } from "../batch_checks.ts";
import type { ProgramOptions } from "../engine.ts";
import { lanesOf } from "../lanes.ts";
import { Parameters } from "../parameters.ts";
import { DeviceProgram } from "../program.ts";
import { type CpuBatch, cpuBatch } from "./batch.ts";
import { cpuInversion } from "./inversion.ts";
import { layerCalls, layerGroups } from "./layers.ts";
import { cpuClipping, type CpuLosses, cpuLosses } from "./losses.ts";
import type { Machine } from "./machine.ts";
import { type CpuParameters, cpuParameters } from "./parameters.ts";
import { type CpuActivation, type CpuSpace, roomFor } from "./site.ts";

/** A program's part of a machine. */
function cpuBackend(machine: Machine, parameters: CpuParameters, lanes: number): Backend<CpuActivation> {
  const pass = noPass(), space: CpuSpace = { machine, parameters, lanes, squares: machine.allocate(4 * lanes), pass };
  let batch: CpuBatch, losses: CpuLosses;
  return {
    pass,
    input: (shape, withGradient) => roomFor(space, shape, withGradient),
    groups: layerGroups,
    place: (group, site) => layerCalls({ ...site, ...space }, group),
    batch: (input, outputs) => batch = cpuBatch(space, input, outputs),
    losses: (output) => losses = cpuLosses(space, batch, output),
    clipping: (output) => cpuClipping(space, output),
    inversion: (input, features) => cpuInversion(space, batch, losses, input, features),
    submit: () => {},
    pressure: () => undefined,
  };
}

/** A network at a batch size in a machine's memory. */
export function cpuProgram(machine: Machine, network: Network, options: ProgramOptions): DeviceProgram<CpuActivation> {
  const lanes = lanesOf(checkBatchSize(options.batchSize));
  const memory = cpuParameters(machine, network.parameters, network.seed);
  const parameters = new Parameters(memory, network.parameters);
  return new DeviceProgram(cpuBackend(machine, memory, lanes), parameters, network, options);
}
