/**
 * What the layers on a GPU share: activations, and where a layer is placed.
 *
 * @module
 */
import { type PlacedLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import type { ExampleSquares } from "./clipping.ts";
import { type Device, flat, type Kernel } from "./device.ts";
import type { GpuParameters } from "./parameters.ts";

/** An activation `[...shape][lanes]` and its gradient; undefined where nobody needs it. */
export interface Activation {
  readonly shape: Shape;
  readonly value: GPUBuffer;
  readonly gradient: GPUBuffer | undefined;
  /** Whether a ReLU made it: whoever writes its gradient sets it to 0 where the value is. */
  readonly isRelu: boolean;
}

/** What a group of layers adds to a program. */
export interface LayerKernels {
  readonly output: Activation;
  readonly forward: readonly Kernel[];
  readonly parameterGradients: readonly Kernel[];
  /** Of a layer with parameters. */
  readonly exampleSquares?: ExampleSquares | undefined;
  readonly inputGradient: readonly Kernel[];
}

/** Where a layer is placed. */
export interface Site {
  readonly device: Device;
  readonly parameters: GpuParameters;
  readonly lanes: number;
  readonly input: Activation;
  /** Whether the output needs a gradient. */
  readonly withGradient: boolean;
}

/** A buffer of a shape for all lanes. */
export function buffer({ device, lanes }: Site, shape: readonly number[]): GPUBuffer {
  return device.buffer(4 * sizeOf(shape) * lanes);
}

/** The output of a layer. */
export function activation(site: Site, shape: Shape, isRelu: boolean): Activation {
  const gradient = site.withGradient ? buffer(site, shape) : undefined;
  return { shape, value: buffer(site, shape), gradient, isRelu };
}

/** Sets the gradient of a ReLU's output to 0 where the output is; nothing for others. */
export function reluGradient(device: Device, { value, gradient, isRelu, shape }: Activation, lanes: number): Kernel[] {
  if (!isRelu || !gradient) return [];
  const count = sizeOf(shape) * lanes;
  return [device.kernel("relu_gradient", { count }, [value, gradient], flat(count))];
}

/** Channels, rows and columns. */
export function spatial(shape: Shape): readonly [number, number, number] {
  return shape as readonly [number, number, number];
}

/** Where a layer's weight and bias lie. */
export function weights({ parameters }: Site, { parameters: { weight, bias } }: PlacedLayer) {
  const hasBias = bias !== undefined;
  const weightAt = parameters.place(weight!).at;
  return { weightAt, hasBias, biasAt: hasBias ? parameters.place(bias).at : 0 };
}
