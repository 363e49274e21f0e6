/**
 * Layers on a GPU: their buffers, and the kernels that carry them forward and back.
 *
 * @module
 */
import { type ElementwiseName, isElementwise } from "../../nn/layers/table.ts";
import {
  type DropoutLayer,
  type PlacedLayer,
  type PoolLayer,
  type QuantizeLayer,
  type Shape,
  sizeOf,
} from "../../nn/mod.ts";
import { batchNorm } from "./batch_norm.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import { type LayerCalls, NO_PARAMETERS } from "../backend.ts";
import { dropoutDraws } from "../dropout.ts";
import { levelsOf } from "../levels.ts";
import {
  activation,
  buffer,
  calls,
  FUNCTIONS,
  type GpuActivation,
  type GpuSite,
  gradientCalls,
  reluGradient,
  spatial,
} from "./site.ts";

function pooling(site: GpuSite, { outputShape }: PlacedLayer, layer: PoolLayer): LayerCalls<GpuActivation> {
  const { device, lanes, input } = site, output = activation(site, outputShape, false);
  const [, height, width] = spatial(input.shape), [, rows, columns] = spatial(outputShape);
  const [windowHeight, windowWidth] = layer.window, [strideHeight, strideWidth] = layer.stride;
  const average = layer.kind === "averagePool2d", winner = buffer(site, average ? [1] : outputShape);
  const windows = { windowHeight, windowWidth, strideHeight, strideWidth };
  const constants = { height, width, rows, columns, ...windows, lanes, average };
  const pool = (name: "pool" | "pool_gradient", buffers: readonly GPUBuffer[], over: Shape) => {
    const count = sizeOf(over) * lanes;
    return calls(device, device.kernel(name, { count, ...constants }, buffers));
  };
  return {
    output,
    forward: pool("pool", [input.value, output.value, winner], outputShape),
    ...NO_PARAMETERS,
    inputGradient: gradientCalls(
      site,
      input,
      output,
      (dy, dx) => pool("pool_gradient", [dy, winner, dx], input.shape),
    ),
  };
}

/**
 * A function of single elements behind a layer that it is not fused with. Its gradient is the input's: one buffer for
 * both.
 */
function elementwise(site: GpuSite, kind: ElementwiseName): LayerCalls<GpuActivation> {
  const { device, lanes, input } = site, { shape } = input, count = sizeOf(shape) * lanes;
  const gradient = site.withGradient ? input.gradient ?? buffer(site, shape) : undefined;
  const output = { shape, value: buffer(site, shape), gradient, isRelu: kind === "relu" };
  const constants = { count, kind: FUNCTIONS[kind] };
  // Whoever writes a ReLU's gradient has done its part already.
  const backward = gradient && kind !== "relu"
    ? calls(device, device.kernel("elementwise_gradient", constants, [input.value, output.value, gradient]))
    : [];
  return {
    output,
    forward: calls(device, device.kernel("elementwise", constants, [input.value, output.value])),
    ...NO_PARAMETERS,
    inputGradient: [...backward, ...reluGradient(site, input)],
  };
}

/** Dropout: the same shader draws the same elements on the way forward and back. */
function dropout(site: GpuSite, { name }: PlacedLayer, layer: DropoutLayer): LayerCalls<GpuActivation> {
  const { device, lanes, input, pass } = site, { shape } = input, output = activation(site, shape, false);
  const count = sizeOf(shape) * lanes, draws = dropoutDraws(name, layer, pass);
  const call = (from: GPUBuffer, to: GPUBuffer) => {
    const kernel = device.kernel("dropout", { count, lanes }, [from, to]);
    return () => {
      const { key, first, threshold, scale } = draws();
      device.run(kernel, ...key, first, threshold, scale);
    };
  };
  const inputGradient = gradientCalls(site, input, output, (dy, dx) => [call(dy, dx)]);
  return { output, forward: [call(input.value, output.value)], ...NO_PARAMETERS, inputGradient };
}

/** Rounding to levels; its gradient asks where the input was cut. */
function quantize(site: GpuSite, layer: QuantizeLayer): LayerCalls<GpuActivation> {
  const { device, lanes, input } = site, output = activation(site, input.shape, false);
  const constants = { count: sizeOf(input.shape) * lanes }, { bound, scale, step } = levelsOf(layer);
  const forward = device.kernel("quantize", constants, [input.value, output.value]);
  const inputGradient = gradientCalls(site, input, output, (dy, dx) => {
    const backward = device.kernel("quantize_gradient", constants, [input.value, dy, dx]);
    return [() => device.run(backward, bound)];
  });
  return { output, forward: [() => device.run(forward, bound, scale, step)], ...NO_PARAMETERS, inputGradient };
}

/**
 * The sum of a branch and its input. Its gradient stays as it is until the branch has written that of the input; what
 * it writes or adds to a ReLU's gradient is 0 where that gave 0.
 */
function sum(site: GpuSite): LayerCalls<GpuActivation> {
  const { device, lanes, input, other } = site, output = activation(site, input.shape, false);
  const count = sizeOf(input.shape) * lanes;
  const add = (sums: boolean, ...buffers: GPUBuffer[]) => calls(device, device.kernel("add", { count, sums }, buffers));
  const addGradients = (dy: GPUBuffer, dx: GPUBuffer) =>
    calls(device, device.kernel("add_gradients", { count }, [dx, dy]));
  return {
    output,
    forward: add(true, other!.value, input.value, output.value),
    ...NO_PARAMETERS,
    inputGradient: gradientCalls(site, input, output, (dy, dx) => add(false, dy, dy, dx)),
    otherGradient: gradientCalls(site, other!, output, addGradients),
  };
}

/**
 * The layers that become one group of kernels: a convolution or a dense layer with the ReLU behind it, of a convolution
 * that moves by single places with a 2x2 max-pool behind that; else a layer alone.
 */
export function layerGroups(layers: readonly PlacedLayer[]): PlacedLayer[][] {
  const groups: PlacedLayer[][] = [];
  for (let i = 0; i < layers.length;) {
    const [first, second, third] = layers.slice(i, i + 3).map(({ layer }) => layer);
    let size = 1;
    if ((first!.kind === "conv2d" || first!.kind === "dense") && second?.kind === "relu") {
      const pools = first!.kind === "conv2d" && third?.kind === "maxPool2d" &&
        first!.stride.every((length) => length === 1) &&
        [...third.window, ...third.stride].every((length) => length === 2);
      size = pools ? 3 : 2;
    }
    groups.push(layers.slice(i, i += size));
  }
  return groups;
}

/** Allocates the buffers of a group of layers behind its input and binds its kernels. */
export function layerCalls(site: GpuSite, group: readonly PlacedLayer[]): LayerCalls<GpuActivation> {
  const placed = group[0]!, { layer } = placed;
  if (isElementwise(layer)) return elementwise(site, layer.kind);
  switch (layer.kind) {
    case "conv2d": {
      const kind = (["plain", "relu", "pooled"] as const)[group.length - 1]!;
      return convolution(site, placed, layer, group.at(-1)!.outputShape, kind);
    }
    case "dense":
      return dense(site, placed, group.length > 1);
    case "dropout":
      return dropout(site, placed, layer);
    case "quantize":
      return quantize(site, layer);
    case "batchNorm":
      return batchNorm(site, placed, layer);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      // Batch innermost, a flat activation is the same memory.
      return {
        output: { ...site.input, shape: placed.outputShape },
        forward: [],
        ...NO_PARAMETERS,
        inputGradient: [],
      };
    case "add":
      return sum(site);
  }
}
