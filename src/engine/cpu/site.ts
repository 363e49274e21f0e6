/**
 * What the layers of a program are made of: activations, the place where a layer is put, and the kernel calls that come
 * of it.
 *
 * @module
 */
import { type Conv2dLayer, type PlacedLayer, type PoolLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import { CONV_SHAPE, POOL_SHAPE } from "./kernels/memory.ts";
import type { Activation, Pass, Site } from "../backend.ts";
import type { Machine } from "./machine.ts";
import type { CpuParameters } from "./parameters.ts";
import type { WeightPlace } from "./place.ts";

/** An activation `[...shape][lanes]` and its gradient; the gradient's pointer is 0 where nobody needs it. */
export interface CpuActivation extends Activation {
  readonly value: number;
  readonly gradient: number;
  /** Whether the layer that made it computes its gradient from it: then it may not be overwritten. */
  readonly isKept?: boolean;
}

/** What all parts of a program share. */
export interface CpuSpace {
  readonly machine: Machine;
  readonly parameters: CpuParameters;
  readonly lanes: number;
  /** Where the squared length of each image's gradient of all parameters is added up: float32 `[lanes]`. */
  readonly squares: number;
  readonly pass: Pass;
}

/** Where a group of layers is placed. */
export interface CpuSite extends CpuSpace, Site<CpuActivation> {}

/** Room for an activation. */
export function roomFor({ machine, lanes }: CpuSpace, shape: Shape, withGradient: boolean): CpuActivation {
  const bytes = 4 * sizeOf(shape) * lanes;
  return { shape, value: machine.allocate(bytes), gradient: withGradient ? machine.allocate(bytes) : 0 };
}

/** Room for what a layer gives. */
export function allocate(site: CpuSite, shape: Shape): CpuActivation {
  return roomFor(site, shape, site.withGradient);
}

/** Writes a record of int32 in the order of its fields. */
function record<Field extends string>(
  machine: Machine,
  fields: readonly Field[],
  values: Readonly<Record<Field, number>>,
): number {
  const pointer = machine.allocate(4 * fields.length);
  machine.ints.set(fields.map((field) => values[field]), pointer / 4);
  return pointer;
}

/** The shape of an activation that is known to have rows and columns. */
export function spatial(shape: Shape): readonly [number, number, number] {
  return shape as readonly [number, number, number];
}

/**
 * Up to which share of living weights a kernel that follows their list is faster than the dense one, on LeNet-5 in
 * batches of 32: `tests/bench/switch_points.ts` measures it. What is computed is the same to the last bit.
 */
export const LIST_UP_TO = {
  pooledForward: 0.65,
  pooledWeightGradient: 0.22,
  pooledInputGradient: 0.12,
  denseForward: 0.5,
  denseWeightGradient: 0.45,
  denseInputGradient: 0.38,
};

/** A layer's weight and bias in the machine's memory; a bias that it has not is 0. */
export function weights(
  { parameters }: CpuSite,
  { parameters: { weight, bias } }: PlacedLayer,
): { weight: WeightPlace; b: number; db: number } {
  const { weight: b, gradient: db } = bias === undefined ? { weight: 0, gradient: 0 } : parameters.place(bias);
  return { weight: parameters.place(weight!), b, db };
}

type Windows = Pick<Conv2dLayer, "kernel" | "stride">;

/** A convolution's shape in memory; a dense layer's is that of a 1x1 convolution over one pixel. */
export function convShape(
  { machine, lanes }: CpuSite,
  input: Shape,
  outputs: number,
  { kernel, stride }: Windows,
): number {
  const [channels, height, width] = spatial(input);
  const [[kernelHeight, kernelWidth], [strideHeight, strideWidth]] = [kernel, stride];
  const fields = { channels, height, width, outputs, kernelHeight, kernelWidth, strideHeight, strideWidth, lanes };
  return record(machine, CONV_SHAPE, fields);
}

/** A pooling's shape in memory. */
export function poolShape({ machine, lanes }: CpuSite, input: Shape, { window, stride }: PoolLayer): number {
  const [channels, height, width] = spatial(input);
  const [[windowHeight, windowWidth], [strideHeight, strideWidth]] = [window, stride];
  const fields = { channels, height, width, windowHeight, windowWidth, strideHeight, strideWidth, lanes };
  return record(machine, POOL_SHAPE, fields);
}
