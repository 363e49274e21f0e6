/**
 * The engine of a GPU: opened only on an adapter that computes a small product correctly.
 *
 * @module
 */
import { reasonOf } from "../../checks/reason.ts";
import type { ParameterSpec } from "../../nn/mod.ts";
import { within } from "../../runtime/timer.ts";
import type { Engine } from "../engine.ts";
import { DeviceLostError, EngineError } from "../errors.ts";
import type { Machine } from "../cpu/machine.ts";
import { type Adapter, askDevice, PATIENCE } from "./adapter.ts";
import { product } from "./dense.ts";
import { Device } from "./device.ts";
import { gpuProgram } from "./backend.ts";
import { Parameters } from "../parameters.ts";
import { GpuParameters } from "./parameters.ts";
import { GpuUploads } from "./uploads.ts";

/** Rows, terms and lanes of the product that is checked. */
const ROWS = 19, TERMS = 37, LANES = 40;

/**
 * Has a device compute a matrix product of small integers, which float32 does without rounding: a driver that is not
 * there answers with nonsense.
 *
 * @throws {EngineError} (as a rejection) if an element is wrong.
 */
async function checkProduct(device: Device): Promise<void> {
  const weight = Float32Array.from({ length: ROWS * TERMS }, (_, i) => (i * 7 + 3) % 11 - 5);
  const x = Float32Array.from({ length: TERMS * LANES }, (_, i) => (i * 5 + 1) % 13 - 6);
  const [weights, xs, ys] = [weight, x, { length: ROWS * LANES }].map(({ length }) => device.buffer(4 * length));
  device.write(weights!, 0, weight);
  device.write(xs!, 0, x);
  const constants = {
    weightAt: 0,
    rowStride: TERMS,
    termStride: 1,
    hasBias: false,
    biasAt: 0,
    relu: false,
    masked: false,
  };
  device.run(product(device, LANES, ROWS, TERMS, constants, [xs!, weights!, xs!, ys!]));
  const y = new Float32Array(await device.read(ys!, 0, 4 * ROWS * LANES));
  for (let row = 0; row < ROWS; row++) {
    for (let lane = 0; lane < LANES; lane++) {
      let sum = 0;
      for (let k = 0; k < TERMS; k++) sum += weight[row * TERMS + k]! * x[k * LANES + lane]!;
      const value = y[row * LANES + lane];
      if (value !== sum) {
        throw new EngineError(`it computed ${value} where ${sum} is right, in a product of small matrices`);
      }
    }
  }
  for (const buffer of [weights!, xs!, ys!]) buffer.destroy();
}

/**
 * A device of an adapter that has passed the check.
 *
 * @param patience milliseconds to wait for the device, and again for its product
 * @param asked the device, where it was asked for already
 * @throws {EngineError} (as a rejection) if it gives no device, computes nonsense or does not answer.
 */
export async function openDevice(
  found: Adapter,
  patience = PATIENCE,
  asked: Promise<GPUDevice> = askDevice(found, patience),
): Promise<Device> {
  let device: Device;
  try {
    device = new Device(await asked, found.isSoftware);
  } catch (cause) {
    throw new EngineError(`it gives no device: ${reasonOf(cause)}`, { cause });
  }
  try {
    await within(patience, checkProduct(device));
  } catch (cause) {
    device.dispose();
    if (cause instanceof EngineError && !(cause instanceof DeviceLostError)) throw cause;
    throw new EngineError(`it fails in a product of small matrices: ${reasonOf(cause)}`, { cause });
  }
  return device;
}

/** The engine over a device; `drawing` draws the first values of parameters and the noise of differential privacy. */
export function gpuEngine(device: Device, build: string, why: string, drawing: () => Machine): Engine {
  const uploads = new GpuUploads(device);
  const memory = (specs: readonly ParameterSpec[], seed: number) => new GpuParameters(device, specs, seed, drawing);
  return {
    name: "webgpu",
    build,
    why,
    program: (network, options) =>
      gpuProgram(device, uploads, memory(network.parameters, network.seed), network, options),
    parameters: (specs, seed) => new Parameters(memory(specs, seed), specs),
    dispose: () => device.dispose(),
    [Symbol.dispose]: () => device.dispose(),
  };
}
