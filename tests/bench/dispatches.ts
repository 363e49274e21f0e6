/**
 * The dispatches of a training step of LeNet-5 on this runtime's GPU: operations and bytes of each, and its time where
 * the device has timestamps.
 */
import { Dataset, drawnDigits, lenet5, sgd } from "../../mod.ts";
import { findAdapter } from "../../src/engine/webgpu/adapter.ts";
import type { Kernel } from "../../src/engine/webgpu/device.ts";
import { gpuEngine, openDevice } from "../../src/engine/webgpu/engine.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import { median } from "./measure.ts";
import { type Cost, costOf } from "./gpu_costs.ts";
import { Stopwatch, timestampsOf } from "./gpu_stopwatch.ts";

/** A dispatch; the time is the median of several steps. */
export interface Dispatch extends Partial<Cost> {
  readonly shader: string;
  readonly workgroups: readonly number[];
  readonly milliseconds?: number;
}

/** The dispatches of a step at a batch size, in order; none if there is no adapter. */
export async function trainingDispatches(gpu: GPU, batch: number, steps = 11): Promise<Dispatch[]> {
  const found = await findAdapter(gpu);
  if (!found) return [];
  let stopwatch: Stopwatch | undefined;
  const device = await openDevice({
    ...found,
    adapter: timestampsOf(found.adapter, (raw) => stopwatch = new Stopwatch(raw)),
  });
  const engine = gpuEngine(device, found.description, "", () => wasmMachine("simd128"));
  const program = engine.program(lenet5(), { batchSize: batch, gradients: "parameters" });
  const dataset = new Dataset(drawnDigits(batch), { size: [32, 32] }), indices = [...Array(batch).keys()];
  const step = async () => {
    program.load(dataset, indices);
    program.trainStep(sgd({ lr: 1e-6 }));
    await program.loss();
  };
  await step();
  const run = device.run.bind(device), all: number[][] = [];
  let kernels: Kernel[] = [];
  device.run = (kernel, ...values) => {
    kernels.push(kernel);
    run(kernel, ...values);
  };
  for (let i = 0; i < steps; i++) {
    kernels = [];
    stopwatch?.start();
    await step();
    all.push(await stopwatch?.nanoseconds() ?? []);
  }
  engine.dispose();
  return kernels.map((kernel, i) => {
    const times = all.flatMap((nanoseconds) => nanoseconds[i] ?? []);
    return {
      shader: kernel.name,
      workgroups: kernel.groups,
      ...costOf(kernel),
      ...(times.length > 0 && { milliseconds: median(times) / 1e6 }),
    };
  });
}

/** A dispatch as a line for people. */
export function lineOf({ shader, workgroups, operations, bytes, milliseconds }: Dispatch): string {
  const figure = (value: number | undefined, unit: string) =>
    `${value === undefined ? "?" : (value / 1e6).toFixed(3)} ${unit}`.padStart(14);
  const time = milliseconds === undefined ? "" : `${milliseconds.toFixed(3)} ms`.padStart(12);
  const groups = workgroups.join(" x ").padEnd(14);
  return `${shader.padEnd(28)} ${groups} ${figure(operations, "MFLOP")} ${figure(bytes, "MB")}${time}`;
}
