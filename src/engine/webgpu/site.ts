/**
 * What the layers on a GPU share: activations, and where a layer is placed.
 *
 * @module
 */
import { type PlacedLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import type { ElementwiseName } from "../../nn/layers/table.ts";
import type { Call, Pass, Site } from "../backend.ts";
import type { GpuActivation } from "./activation.ts";
import type { ExampleSquares } from "./clipping.ts";
import type { Device, Kernel } from "./device.ts";
import type { GpuParameters } from "./parameters.ts";

export type { GpuActivation };

/** Where a group of layers is placed. */
export interface GpuSite extends Site<GpuActivation> {
  readonly device: Device;
  readonly parameters: GpuParameters;
  readonly lanes: number;
  readonly squares: ExampleSquares;
  readonly pass: Pass;
}

/** Calls of kernels without arguments, those that there are. */
export function calls(device: Device, ...kernels: readonly (Kernel | undefined | false)[]): Call[] {
  return kernels.flatMap((kernel) => kernel ? [() => device.run(kernel)] : []);
}

/** A buffer of a shape for all lanes. */
export function buffer({ device, lanes }: GpuSite, shape: readonly number[]): GPUBuffer {
  return device.buffer(4 * sizeOf(shape) * lanes);
}

/** The output of a layer. */
export function activation(site: GpuSite, shape: Shape, isRelu: boolean): GpuActivation {
  const gradient = site.withGradient ? buffer(site, shape) : undefined;
  return { shape, value: buffer(site, shape), gradient, isRelu };
}

/** The functions of single elements, by the `kind` that `elementwise` and `elementwise_gradient` know them as. */
export const FUNCTIONS: Readonly<Record<ElementwiseName, number>> = { relu: 0, sigmoid: 1, gelu: 2 };

/** Sets the gradient of a ReLU's output to 0 where the output is; nothing for others. */
export function reluGradient(
  { device, lanes }: Pick<GpuSite, "device" | "lanes">,
  { value, gradient, isRelu, shape }: GpuActivation,
): Call[] {
  if (!isRelu || !gradient) return [];
  const constants = { count: sizeOf(shape) * lanes, kind: FUNCTIONS.relu };
  return calls(device, device.kernel("elementwise_gradient", constants, [value, value, gradient]));
}

/** The calls from the gradient behind a layer to that before it, and on through a ReLU, if both are needed. */
export function gradientCalls(
  site: GpuSite,
  before: GpuActivation,
  behind: GpuActivation,
  make: (dy: GPUBuffer, dx: GPUBuffer) => readonly Call[],
): Call[] {
  const dy = behind.gradient, dx = before.gradient;
  return dy && dx ? [...make(dy, dx), ...reluGradient(site, before)] : [];
}

/** Channels, rows and columns. */
export function spatial(shape: Shape): readonly [number, number, number] {
  return shape as readonly [number, number, number];
}

/** Where a layer's weight and bias lie. */
export function weights({ parameters }: GpuSite, { parameters: { weight, bias } }: PlacedLayer) {
  const hasBias = bias !== undefined;
  const weightAt = parameters.place(weight!).at;
  return { weightAt, hasBias, biasAt: hasBias ? parameters.place(bias).at : 0 };
}
