/**
 * Threaded work over and over, each time compared with the same work on one thread: runs in any runtime that has
 * threads.
 */
import {
  averagePool2d,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  flatten,
  lenet5,
  lenet5MaskLayers,
  maxPool2d,
  momentum,
  type Network,
  relu,
  sequential,
  ThreadError,
} from "../../mod.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { cpuProgram } from "../support/cpu_program.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import { BUILDS } from "../support/engines.ts";
import { Team } from "../support/kernel_threads.ts";

/** What came of it. */
export interface Stress {
  readonly repetitions: number;
  /** Where bits differed. */
  readonly differences: readonly string[];
  /** Messages of errors that were thrown instead of a result. */
  readonly errors: readonly string[];
  /** Machines that were started, and those on which the odd threads did no share in all their repetitions. */
  readonly machines: number;
  readonly unhelped: number;
  /** Repetitions in which the odd threads did shares, and how many they did. */
  readonly helped: number;
  readonly shares: number;
  /** Milliseconds of a repetition on several threads: the median, and the longest. */
  readonly median: number;
  readonly longest: number;
}

/** Repetitions on one machine. */
const ON_A_MACHINE = 20;
const STEPS = 6;

/** The layers that LeNet-5 has not. */
const others = sequential([1, 32, 32], [
  conv2d({ name: "a", channels: 7, kernel: 3, stride: 2, padding: 1 }),
  relu(),
  averagePool2d(),
  conv2d({ name: "b", channels: 5, kernel: 3 }),
  maxPool2d(),
  flatten(),
  dense({ name: "c", outputs: 10 }),
], { seed: 1 });

const digits = new Dataset(drawnDigits(252), { size: [32, 32] });

/** A training that goes on by some steps at each call, and tells all that it computed. */
function training(machine: Machine, network: Network, batchSize: number, masked: readonly string[]) {
  const program = cpuProgram(machine, network, { batchSize, gradients: "both" }), { parameters } = program;
  for (const name of masked) parameters.addMask(name);
  let times = 0;
  return async (): Promise<Record<string, Float32Array>> => {
    const batches = [...digits.epoch(++times, batchSize)].slice(0, STEPS);
    for (const [step, indices] of batches.entries()) {
      program.load(digits, indices);
      program.trainStep(momentum({ lr: 0.01 }));
      if (times !== 3 || step !== 2) continue;
      for (const name of masked) {
        const rank = Math.floor((await parameters.masks())[name]!.length * 0.8);
        await parameters.suppressApproximate(name, { rank, first: true, lr: 0.01 });
      }
    }
    return {
      ...await parameters.values(),
      inputGradient: await program.inputGradient(),
      output: await program.output(),
    };
  };
}

/** All that is done again and again on a machine. */
function everything(machine: Machine): () => Promise<Record<string, Float32Array>> {
  const one = training(machine, others, 21, []);
  const two = training(machine, lenet5(), 32, lenet5MaskLayers().map(({ layerName }) => layerName));
  return async () => ({ ...await one(), ...await two() });
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/** Where two results differ first, or undefined. */
function difference(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): string | undefined {
  for (const [name, right] of Object.entries(expected)) {
    const wanted = bitsOf(right), at = bitsOf(actual[name]!).findIndex((word, i) => word !== wanted[i]);
    if (at >= 0) return `${name}[${at}] is ${actual[name]![at]}, not ${right[at]}`;
  }
  return undefined;
}

/** So many repetitions, on machines of 2, 3 and 4 threads of either build in turn. */
export async function stress(repetitions: number): Promise<Stress> {
  const differences: string[] = [], errors: string[] = [], times: number[] = [];
  let machines = 0, unhelped = 0, helped = 0, shares = 0;
  while (times.length < repetitions) {
    const threads = 2 + machines % 3, build = BUILDS[Math.floor(machines / 3) % BUILDS.length]!;
    machines++;
    try {
      const team = await Team.start(build, threads);
      const together = everything(team.machine), alone = everything(wasmMachine(build));
      for (let i = 0; i < ON_A_MACHINE && times.length < repetitions; i++) {
        const before = team.takenByOdd, start = performance.now(), actual = await together();
        times.push(performance.now() - start);
        if (team.takenByOdd > before) helped++;
        const differs = difference(actual, await alone());
        if (!differs) continue;
        differences.push(`${differs} (${build}, ${threads} threads, repetition ${times.length})`);
        break;
      }
      shares += team.takenByOdd;
      if (team.takenByOdd === 0) unhelped++;
    } catch (error) {
      // What is lost of a machine is lost for the rest of its repetitions; errors of another kind are the program's.
      if (!(error instanceof ThreadError)) throw error;
      errors.push(error.message);
      times.push(NaN);
    }
  }
  const sorted = times.filter((time) => !Number.isNaN(time)).sort((a, b) => a - b);
  return {
    repetitions: times.length,
    differences,
    errors,
    machines,
    unhelped,
    helped,
    shares,
    median: sorted[sorted.length >> 1] ?? NaN,
    longest: sorted.at(-1) ?? NaN,
  };
}
