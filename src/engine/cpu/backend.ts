/**
 * What a CPU machine offers to programs. Loaded when an engine on the CPU is opened.
 *
 * @module
 */
import { type Backend, noPass } from "../backend.ts";
import { type CpuBatch, cpuBatch } from "./batch.ts";
import { cpuInversion } from "./inversion.ts";
import { layerCalls, layerGroups } from "./layers.ts";
import { cpuClipping, type CpuLosses, cpuLosses } from "./losses.ts";
import type { Machine } from "./machine.ts";
import type { CpuParameters } from "./parameters.ts";
import { type CpuActivation, type CpuSpace, roomFor } from "./site.ts";

export { cpuParameters } from "./parameters.ts";

/** A program's part of a machine. */
export function cpuBackend(machine: Machine, parameters: CpuParameters, lanes: number): Backend<CpuActivation> {
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
