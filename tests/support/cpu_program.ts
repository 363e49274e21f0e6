/** Programs on machines, for tests that wait for nothing. */
import * as parts from "../../src/engine/cpu/backend.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import type { Program, ProgramOptions } from "../../src/engine/engine.ts";
import { cpuProgram as programOf } from "../../src/engine/open_cpu.ts";
import type { Network } from "../../src/nn/mod.ts";

/** A network at a batch size in a machine's memory. */
export function cpuProgram(machine: Machine, network: Network, options: ProgramOptions): Program {
  return programOf(parts, machine, network, options);
}
