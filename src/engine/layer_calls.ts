/**
 * A layer in a program: its buffers, and the kernel calls that carry it forward and back.
 *
 * @module
 */
import { type Conv2dLayer, type DenseLayer, type PlacedLayer, type PoolLayer, type Shape, sizeOf } from "../nn/mod.ts";
import { CONV_SHAPE, POOL_SHAPE } from "./kernels.ts";
import type { Machine } from "./machine.ts";
import type { MachineParameters, WeightPlace } from "./parameters.ts";

/** A kernel call with its arguments bound. */
export type Call = () => void;

/** An activation `[...shape][lanes]` and its gradient; the gradient's pointer is 0 where nobody needs it. */
export interface Activation {
  readonly shape: Shape;
  readonly value: number;
  readonly gradient: number;
}

/** What a layer adds to a program. */
export interface LayerCalls {
  readonly output: Activation;
  readonly forward: readonly Call[];
  /** From the output's gradient to what both kinds of gradients are made of. */
  readonly events: readonly Call[];
  /** From there to the gradients of the layer's parameters. */
  readonly parameterGradients: readonly Call[];
  /** And to that of the input. */
  readonly inputGradient: readonly Call[];
}

/** Where a layer is placed. */
export interface Site {
  readonly machine: Machine;
  readonly parameters: MachineParameters;
  readonly lanes: number;
  readonly input: Activation;
  /** Whether the output needs a gradient. */
  readonly withGradient: boolean;
  /** Whether the input may be overwritten: it is another layer's output that only this layer reads. */
  readonly ownsInput: boolean;
}

function allocate(site: Site, shape: Shape, withGradient = site.withGradient): Activation {
  const bytes = 4 * sizeOf(shape) * site.lanes;
  return { shape, value: site.machine.allocate(bytes), gradient: withGradient ? site.machine.allocate(bytes) : 0 };
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

function spatial(shape: Shape): readonly [number, number, number] {
  return shape as readonly [number, number, number];
}

/**
 * Up to which share of living weights a kernel that follows their list is faster than the dense one, on LeNet-5 in batches of 32: `tests/bench/switch_points.ts` measures it. What is computed is the same
 * to the last bit.
 */
const LIST_UP_TO = {
  pooledForward: 0.8,
  pooledWeightGradient: 0.22,
  pooledInputGradient: 0.14,
  denseForward: 0.5,
  denseWeightGradient: 0.45,
  denseInputGradient: 0.33,
};

/** A layer's weight and bias in the machine's memory; a bias that it has not is 0. */
function weights({ parameters }: Site, { weight, bias }: PlacedLayer): { weight: WeightPlace; b: number; db: number } {
  const { weight: b, gradient: db } = bias === undefined ? { weight: 0, gradient: 0 } : parameters.place(bias);
  return { weight: parameters.place(weight!), b, db };
}

/** The input of a convolution with zeros around, and the calls that put and take them. */
function padded(site: Site, { padding }: Conv2dLayer): { input: Activation; pad: Call[]; unpad: Call[] } {
  const { machine: { kernels: k }, lanes, input } = site;
  const [padHeight, padWidth] = padding;
  if (padHeight + padWidth === 0) return { input, pad: [], unpad: [] };
  const [channels, height, width] = spatial(input.shape);
  const shape = [channels, height + 2 * padHeight, width + 2 * padWidth] as const;
  const wide = allocate(site, shape, input.gradient !== 0);
  return {
    input: wide,
    pad: [() => k.pad(input.value, wide.value, channels, height, width, padHeight, padWidth, lanes)],
    unpad: [() => k.unpad(wide.gradient, input.gradient, channels, height, width, padHeight, padWidth, lanes)],
  };
}

type Windows = Pick<Conv2dLayer, "kernel" | "stride">;

function convShape({ machine, lanes }: Site, input: Shape, outputs: number, { kernel, stride }: Windows): number {
  const [channels, height, width] = spatial(input);
  const [[kernelHeight, kernelWidth], [strideHeight, strideWidth]] = [kernel, stride];
  const fields = { channels, height, width, outputs, kernelHeight, kernelWidth, strideHeight, strideWidth, lanes };
  return record(machine, CONV_SHAPE, fields);
}

function poolShape({ machine, lanes }: Site, input: Shape, { window, stride }: PoolLayer): number {
  const [channels, height, width] = spatial(input);
  const [[windowHeight, windowWidth], [strideHeight, strideWidth]] = [window, stride];
  const fields = { channels, height, width, windowHeight, windowWidth, strideHeight, strideWidth, lanes };
  return record(machine, POOL_SHAPE, fields);
}

function convolution(site: Site, placed: PlacedLayer, layer: Conv2dLayer): LayerCalls {
  const { machine, lanes } = site;
  const { kernels: k } = machine;
  const { weight: { weight: w, gradient: dw }, b, db } = weights(site, placed);
  const { input, pad, unpad } = padded(site, layer);
  const output = allocate(site, placed.outputShape);
  const [outputs, outHeight, outWidth] = spatial(placed.outputShape);
  const shape = convShape(site, input.shape, outputs, layer);
  const taps = spatial(input.shape)[0] * sizeOf(layer.kernel);
  const scratch = machine.allocate(4 * taps * Math.max(outputs, 6) + 64);
  const parameterGradients = [() => k.conv2dWeightGradient(input.value, output.gradient, dw, shape)];
  if (db) parameterGradients.push(() => k.biasGradient(output.gradient, db, outputs, outHeight * outWidth, lanes));
  return {
    output,
    forward: [...pad, () => k.conv2dForward(input.value, w, b, output.value, scratch, shape)],
    events: [],
    parameterGradients,
    inputGradient: [() => k.conv2dInputGradient(output.gradient, w, input.gradient, scratch, shape), ...unpad],
  };
}

/** Bytes that the kernels of events may touch behind the images. */
const SPARE = 512;

/** A convolution, ReLU and max-pool: the full-size output is never stored, and the gradients are those of the winners alone. */
function pooledConvolution(
  site: Site,
  placed: PlacedLayer,
  layer: Conv2dLayer,
  pooled: PlacedLayer,
  pool: PoolLayer,
): LayerCalls {
  const { machine, lanes, withGradient } = site;
  const { kernels: k } = machine;
  const { weight, b, db } = weights(site, placed);
  const { input, pad, unpad } = padded(site, layer);
  const { value: x, gradient: dx } = input;
  const output = allocate(site, pooled.outputShape);
  const [channels, height, width] = spatial(input.shape);
  const [outputs, , outWidth] = spatial(placed.outputShape);
  const shape = convShape(site, input.shape, outputs, layer), windows = poolShape(site, placed.outputShape, pool);
  const taps = channels * sizeOf(layer.kernel);
  const size = sizeOf(pooled.outputShape) * lanes, pixels = height * width;
  // For each thread: the forward pass's tile of 6 outputs, or a tile of weights, an image and an output's events of the input gradient.
  const tile = 24 * (taps + pool.window[0] * outWidth * lanes) + 64;
  const share = 4 * (layer.kernel[1] * channels + pixels * channels) + 640 + 8 * size / outputs;
  const scratch = machine.allocate(machine.threads * Math.max(tile, share) + 4 * sizeOf(pool.window) + 64);
  const bytesOf = (wanted: boolean, bytes: number) => wanted ? machine.allocate(bytes) : 0;
  const winner = bytesOf(withGradient, 4 * size);
  const events = bytesOf(withGradient, 4 * (outputs + 2) + 8 * (size + 1));
  const images = bytesOf(withGradient, 4 * channels * pixels * lanes + SPARE);
  const dImages = bytesOf(dx !== 0, 4 * channels * pixels * lanes + SPARE);
  site.parameters.listLiving(placed.weight!, shape, outputs * (layer.kernel[0] + 1) + 2);
  const forward = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.pooledForward) {
      k.livingPooledConvForward(x, w, b, output.value, winner, living, scratch, shape, windows);
    } else k.pooledConvForward(x, w, b, output.value, winner, scratch, shape, windows);
  };
  const weightGradient = () => {
    const { gradient, living, density } = weight;
    k.toImages(x, images, channels, pixels, lanes);
    if (density <= LIST_UP_TO.pooledWeightGradient) {
      k.livingEventWeightGradient(images, events, gradient, living, shape);
    } else k.eventWeightGradient(images, events, gradient, scratch, shape);
  };
  const inputGradient = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.pooledInputGradient) k.livingEventInputGradient(events, w, dImages, living, shape);
    else k.eventInputGradient(events, w, dImages, scratch, shape);
    k.fromImages(dImages, dx, channels, pixels, lanes);
  };
  return {
    output,
    forward: [...pad, forward],
    events: [() => k.winnerEvents(output.gradient, winner, events, scratch, shape, windows)],
    parameterGradients: db ? [weightGradient, () => k.eventBiasGradient(events, db, shape)] : [weightGradient],
    inputGradient: [inputGradient, ...unpad],
  };
}

function fullyConnected(site: Site, placed: PlacedLayer, layer: DenseLayer): LayerCalls {
  const { machine, lanes, input } = site;
  const { kernels: k } = machine;
  const { weight, b, db } = weights(site, placed);
  const output = allocate(site, placed.outputShape);
  const { value: x, gradient: dx } = input, { value: y, gradient: dy } = output;
  const inputs = sizeOf(input.shape), outputs = layer.outputs;
  const shape = convShape(site, [inputs, 1, 1], outputs, { kernel: [1, 1], stride: [1, 1] });
  const scratch = machine.allocate(8 * inputs);
  site.parameters.listLiving(placed.weight!, shape, 2 * outputs + 2);
  const forward = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.denseForward) k.livingDenseForward(x, w, b, y, living, scratch, shape);
    else k.denseForward(x, w, b, y, inputs, outputs, lanes);
  };
  const weightGradient = () => {
    const { gradient, living, density } = weight;
    if (density <= LIST_UP_TO.denseWeightGradient) k.livingDenseWeightGradient(x, dy, gradient, living, shape);
    else k.denseWeightGradient(x, dy, gradient, inputs, outputs, lanes);
  };
  const inputGradient = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.denseInputGradient) k.livingDenseInputGradient(dy, w, dx, living, shape);
    else k.denseInputGradient(dy, w, dx, inputs, outputs, lanes);
  };
  const biasGradient = () => k.biasGradient(dy, db, outputs, 1, lanes);
  return {
    output,
    forward: [forward],
    events: [],
    parameterGradients: db ? [weightGradient, biasGradient] : [weightGradient],
    inputGradient: [inputGradient],
  };
}

function rectifier(site: Site, outputShape: Shape): LayerCalls {
  const { machine: { kernels: k }, lanes, input, ownsInput } = site;
  // In place where it can be: its gradient needs only its output.
  const output = ownsInput ? { ...input, shape: outputShape } : allocate(site, outputShape);
  const count = sizeOf(outputShape) * lanes;
  return {
    output,
    forward: [() => k.reluForward(input.value, output.value, count)],
    events: [],
    parameterGradients: [],
    inputGradient: [() => k.reluGradient(output.value, output.gradient, input.gradient, count)],
  };
}

function pooling(site: Site, { outputShape }: PlacedLayer, layer: PoolLayer): LayerCalls {
  const { machine, lanes, input } = site;
  const { kernels: k } = machine;
  const output = allocate(site, outputShape), shape = poolShape(site, input.shape, layer);
  if (layer.kind === "averagePool2d") {
    return {
      output,
      forward: [() => k.averagePoolForward(input.value, output.value, shape)],
      events: [],
      parameterGradients: [],
      inputGradient: [() => k.averagePoolGradient(output.gradient, input.gradient, shape)],
    };
  }
  const winner = machine.allocate(4 * sizeOf(outputShape) * lanes);
  return {
    output,
    forward: [() => k.maxPoolForward(input.value, output.value, winner, shape)],
    events: [],
    parameterGradients: [],
    inputGradient: [() => k.maxPoolGradient(output.gradient, winner, input.gradient, shape)],
  };
}

/** Flattens by name only: batch innermost, a flat activation is the same memory. */
function flattened({ input }: Site, shape: Shape): LayerCalls {
  return { output: { ...input, shape }, forward: [], events: [], parameterGradients: [], inputGradient: [] };
}

/** The layers that become one set of calls: a convolution with the ReLU and the max-pool behind it, else a layer alone. */
export function layerGroups(layers: readonly PlacedLayer[]): PlacedLayer[][] {
  const groups: PlacedLayer[][] = [];
  for (let i = 0; i < layers.length;) {
    const kinds = layers.slice(i, i + 3).map(({ layer }) => layer.kind).join();
    const size = kinds === "conv2d,relu,maxPool2d" ? 3 : 1;
    groups.push(layers.slice(i, i += size));
  }
  return groups;
}

/** Allocates the buffers of a group of layers behind its input and binds its kernel calls. */
export function layerCalls(site: Site, group: readonly PlacedLayer[]): LayerCalls {
  const placed = group[0]!, last = group.at(-1)!;
  const { layer, outputShape } = placed;
  switch (layer.kind) {
    case "conv2d":
      if (last.layer.kind === "maxPool2d") return pooledConvolution(site, placed, layer, last, last.layer);
      return convolution(site, placed, layer);
    case "dense":
      return fullyConnected(site, placed, layer);
    case "relu":
      return rectifier(site, outputShape);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      return flattened(site, outputShape);
  }
}
