/**
 * A layer in a program: its buffers, and the kernel calls that carry it forward and back.
 *
 * @module
 */
import { type Conv2dLayer, type DenseLayer, type PlacedLayer, type PoolLayer, type Shape, sizeOf } from "../nn/mod.ts";
import { CONV_SHAPE, POOL_SHAPE } from "./kernels.ts";
import type { Machine } from "./machine.ts";
import type { MachineParameters } from "./parameters.ts";

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
  /** From the output's gradient to the gradients of the layer's parameters. */
  readonly parameterGradients: readonly Call[];
  /** From the output's gradient to that of the input. */
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

function convolution(site: Site, { weight, bias, outputShape }: PlacedLayer, layer: Conv2dLayer): LayerCalls {
  const { machine, parameters, lanes, input } = site;
  const { kernels: k } = machine;
  const [channels, height, width] = spatial(input.shape);
  const [padHeight, padWidth] = layer.padding;
  const padding = padHeight + padWidth > 0;
  const paddedShape = [channels, height + 2 * padHeight, width + 2 * padWidth] as const;
  const padded = padding ? allocate(site, paddedShape, input.gradient !== 0) : input;
  const output = allocate(site, outputShape);
  const [outputs, outHeight, outWidth] = spatial(outputShape);
  const taps = channels * sizeOf(layer.kernel);
  const scratch = machine.allocate(4 * taps * Math.max(outputs, 4) + 64);
  const shape = record(machine, CONV_SHAPE, {
    channels,
    height: paddedShape[1],
    width: paddedShape[2],
    outputs,
    kernelHeight: layer.kernel[0],
    kernelWidth: layer.kernel[1],
    strideHeight: layer.stride[0],
    strideWidth: layer.stride[1],
    lanes,
  });
  const w = parameters.weight(weight!), b = bias === undefined ? 0 : parameters.weight(bias);
  const dw = parameters.gradientPointer(weight!), db = bias === undefined ? 0 : parameters.gradientPointer(bias);
  const forward = [() => k.conv2dForward(padded.value, w, b, output.value, scratch, shape)];
  if (padding) {
    forward.unshift(() => k.pad(input.value, padded.value, channels, height, width, padHeight, padWidth, lanes));
  }
  const parameterGradients = [() => k.conv2dWeightGradient(padded.value, output.gradient, dw, shape)];
  if (db) parameterGradients.push(() => k.biasGradient(output.gradient, db, outputs, outHeight * outWidth, lanes));
  const inputGradient = [() => k.conv2dInputGradient(output.gradient, w, padded.gradient, scratch, shape)];
  if (padding) {
    inputGradient.push(() =>
      k.unpad(padded.gradient, input.gradient, channels, height, width, padHeight, padWidth, lanes)
    );
  }
  return { output, forward, parameterGradients, inputGradient };
}

function fullyConnected(site: Site, { weight, bias, outputShape }: PlacedLayer, layer: DenseLayer): LayerCalls {
  const { machine: { kernels: k }, parameters, lanes, input } = site;
  const output = allocate(site, outputShape);
  const inputs = sizeOf(input.shape), outputs = layer.outputs;
  const w = parameters.weight(weight!), b = bias === undefined ? 0 : parameters.weight(bias);
  const dw = parameters.gradientPointer(weight!), db = bias === undefined ? 0 : parameters.gradientPointer(bias);
  const parameterGradients = [() => k.denseWeightGradient(input.value, output.gradient, dw, inputs, outputs, lanes)];
  if (db) parameterGradients.push(() => k.biasGradient(output.gradient, db, outputs, 1, lanes));
  return {
    output,
    forward: [() => k.denseForward(input.value, w, b, output.value, inputs, outputs, lanes)],
    parameterGradients,
    inputGradient: [() => k.denseInputGradient(output.gradient, w, input.gradient, inputs, outputs, lanes)],
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
    parameterGradients: [],
    inputGradient: [() => k.reluGradient(output.value, output.gradient, input.gradient, count)],
  };
}

function pooling(site: Site, { outputShape }: PlacedLayer, layer: PoolLayer): LayerCalls {
  const { machine, lanes, input } = site;
  const { kernels: k } = machine;
  const [channels, height, width] = spatial(input.shape);
  const output = allocate(site, outputShape);
  const shape = record(machine, POOL_SHAPE, {
    channels,
    height,
    width,
    windowHeight: layer.window[0],
    windowWidth: layer.window[1],
    strideHeight: layer.stride[0],
    strideWidth: layer.stride[1],
    lanes,
  });
  if (layer.kind === "averagePool2d") {
    return {
      output,
      forward: [() => k.averagePoolForward(input.value, output.value, shape)],
      parameterGradients: [],
      inputGradient: [() => k.averagePoolGradient(output.gradient, input.gradient, shape)],
    };
  }
  const winner = machine.allocate(4 * sizeOf(outputShape) * lanes);
  return {
    output,
    forward: [() => k.maxPoolForward(input.value, output.value, winner, shape)],
    parameterGradients: [],
    inputGradient: [() => k.maxPoolGradient(output.gradient, winner, input.gradient, shape)],
  };
}

/** Allocates a layer's buffers behind its input and binds its kernel calls. */
export function layerCalls(site: Site, placed: PlacedLayer): LayerCalls {
  const { layer, outputShape } = placed;
  switch (layer.kind) {
    case "conv2d":
      return convolution(site, placed, layer);
    case "dense":
      return fullyConnected(site, placed, layer);
    case "relu":
      return rectifier(site, outputShape);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      // Batch innermost, a flat activation is the same memory.
      return { output: { ...site.input, shape: outputShape }, forward: [], parameterGradients: [], inputGradient: [] };
  }
}
