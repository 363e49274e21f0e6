/**
 * What the layers on a GPU share: activations, and where a layer is placed.
 *
 * @module
 */
import { type PlacedLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import type { ExampleSquares } from "./clipping.ts";
import type { Activation, Call, Pass, Site } from "../backend.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { GpuParameters } from "./parameters.ts";

/** An activation `[...shape][lanes]` and its gradient; undefined where nobody needs it. */
export interface GpuActivation extends Activation {
  readonly value: GPUBuffer;
  readonly gradient: GPUBuffer | undefined;
  /** Whether a ReLU made it: whoever writes its gradient sets it to 0 where the value is. */
  readonly isRelu: boolean;
}

/** Where a group of layers is placed. */
export interface GpuSite extends Site<GpuActivation> {
  readonly device: Device;
  readonly parameters: GpuParameters;
  readonly pass: Pass;
  readonly lanes: number;
  readonly squares: ExampleSquares;
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
export const FUNCTIONS = { relu: 0, sigmoid: 1 } as const;

/** Sets the gradient of a ReLU's output to 0 where the output is; nothing for others. */
export function reluGradient(
  device: Device,
  { value, gradient, isRelu, shape }: GpuActivation,
  lanes: number,
): Kernel[] {
  if (!isRelu || !gradient) return [];
  const count = sizeOf(shape) * lanes, constants = { count, kind: FUNCTIONS.relu };
  return [device.kernel("elementwise_gradient", constants, [value, value, gradient], flat(count))];
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
