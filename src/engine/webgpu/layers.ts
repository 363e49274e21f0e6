/**
 * Layers on a GPU: their buffers, and the kernels that carry them forward and back.
 *
 * @module
 */
import { type Conv2dLayer, type PlacedLayer, type PoolLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import { type Constants, type Device, flat, type Kernel } from "./device.ts";
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

/** Invocations that share each sum of a dense layer where barriers are cheap. */
const DENSE_SLICES = 8;
/** Pairs of weights that fit the workgroup memory of a convolution. */
const TILE = 1024;
/** Pairs of sums that an invocation of a convolution keeps where registers are the processor's cache. */
const REGISTERS = 96;
/** Products of an output in a row of its places and of the kernel: all are written out in the shader. */
const MOST_TERMS = 80;
/** Invocations that a weight gradient should have at least, to fill a processor. */
const ENOUGH = 32768, ENOUGH_IN_SOFTWARE = 256;

function buffer({ device, lanes }: Site, shape: readonly number[]): GPUBuffer {
  return device.buffer(4 * sizeOf(shape) * lanes);
}

function activation(site: Site, shape: Shape, isRelu: boolean): Activation {
  const gradient = site.withGradient ? buffer(site, shape) : undefined;
  return { shape, value: buffer(site, shape), gradient, isRelu };
}

/** Sets the gradient of a ReLU's output to 0 where the output is; nothing for others. */
export function reluGradient(device: Device, { value, gradient, isRelu, shape }: Activation, lanes: number): Kernel[] {
  if (!isRelu || !gradient) return [];
  const count = sizeOf(shape) * lanes;
  return [device.kernel("relu_gradient", { count }, [value, gradient], flat(count))];
}

function spatial(shape: Shape): readonly [number, number, number] {
  return shape as readonly [number, number, number];
}

/** Where a layer's weight and bias lie. */
function weights({ parameters }: Site, { weight, bias }: PlacedLayer) {
  const hasBias = bias !== undefined;
  const weightAt = parameters.place(weight!).at;
  return { weightAt, hasBias, biasAt: hasBias ? parameters.place(bias).at : 0 };
}

/** The matrix product of a dense layer or, with rows and terms exchanged, of its input gradient. */
export function product(
  device: Device,
  lanes: number,
  rows: number,
  terms: number,
  constants: Constants,
  buffers: readonly GPUBuffer[],
): Kernel {
  const { isSoftware } = device, most = isSoftware ? 4 : 2, quads = Math.min(most, Math.ceil(rows / 4));
  const images = isSoftware ? 8 : 4, slices = isSoftware ? 1 : DENSE_SLICES;
  const depth = isSoftware ? [4, 2, 1].find((count) => terms % count === 0)! : 1;
  const tile = { quads, images, across: 32 / images, depth, slices, skips: !isSoftware };
  return device.kernel("dense", { rows, terms, lanes, ...tile, ...constants }, buffers, [
    Math.ceil(lanes / 32),
    ...folded(Math.ceil(rows / (4 * quads))),
  ]);
}

function dense(site: Site, placed: PlacedLayer, relu: boolean): LayerKernels {
  const { device, lanes, input, parameters: { values32, gradients } } = site;
  const output = activation(site, placed.outputShape, relu), [outputs] = output.shape, inputs = sizeOf(input.shape);
  const { weightAt, hasBias, biasAt } = weights(site, placed);
  const forward = product(
    device,
    lanes,
    outputs,
    inputs,
    { weightAt, rowStride: inputs, termStride: 1, hasBias, biasAt, relu, masked: false },
    [input.value, values32, input.value, output.value],
  );
  const [tile, groupSize] = device.isSoftware ? [8, 8] : [4, 32];
  const parameterGradients = output.gradient && device.kernel(
    "dense_weight_gradient",
    { inputs, outputs, lanes, weightAt, hasBias, biasAt, tile, groupSize },
    [input.value, output.gradient, gradients],
    [Math.ceil((inputs + 1) / (tile * groupSize)), ...folded(Math.ceil(outputs / tile))],
  );
  const inputGradient = input.gradient && output.gradient && product(
    device,
    lanes,
    inputs,
    outputs,
    { weightAt, rowStride: 1, termStride: inputs, hasBias: false, biasAt, relu: false, masked: input.isRelu },
    [output.gradient, values32, input.value, input.gradient],
  );
  return {
    output,
    forward: [forward],
    parameterGradients: parameterGradients ? [parameterGradients] : [],
    inputGradient: inputGradient ? [inputGradient] : [],
  };
}

/** A number of workgroups along y and z; z counts 65535 each. */
function folded(groups: number): readonly [number, number] {
  return groups <= 65535 ? [groups, 1] : [65535, Math.ceil(groups / 65535)];
}

/** The pairs of outputs that an invocation of a convolution computes. */
function pairsOf(outputs: number): number {
  return Math.min(4, Math.ceil(outputs / 2));
}

/** The size of the fewest equal shares of a length that are at most so large, and even. */
function evenShare(length: number, most: number): number {
  const shares = Math.ceil(length / Math.max(2, 2 * Math.floor(most / 2)));
  return 2 * Math.ceil(length / shares / 2);
}

interface Windows {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly rows: number;
  readonly columns: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
}

/** The part of a convolution's input that is not known to be 0: rows from top to before bottom, columns from left to before right. */
interface Inside {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** How the weight lies for {@link convolve}. */
interface WeightOrder {
  readonly weightAt: number;
  readonly outputStride: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

function convolve(
  { device, lanes }: Site,
  windows: Windows,
  inside: Inside,
  order: WeightOrder,
  { pooled = false, ...epilogue }: Constants,
  buffers: readonly GPUBuffer[],
): Kernel {
  const { outputs, rows, columns, kernelHeight, kernelWidth, strideWidth } = windows;
  const pairs = pairsOf(outputs), fits = Math.floor(TILE / (kernelHeight * kernelWidth * pairs));
  const most = Math.min(REGISTERS / (2 * pairs), MOST_TERMS / kernelWidth);
  const tileRows = 2, tileColumns = device.isSoftware ? evenShare(columns, most) : 2;
  const tilesAcross = Math.ceil(columns / tileColumns);
  const groupLanes = Math.min(lanes, device.isSoftware ? 16 : 64);
  const tiles = Math.ceil(rows / tileRows) * tilesAcross;
  const groups = flat(64 * tiles * Math.ceil(lanes / groupLanes), Math.ceil(outputs / (2 * pairs)));
  const constants = {
    ...windows,
    ...inside,
    ...order,
    lanes,
    groupLanes,
    pairs,
    tileRows,
    tileColumns,
    tilesAcross,
    reach: (tileColumns - 1) * strideWidth + kernelWidth,
    tileChannels: device.isSoftware ? 0 : Math.min(fits, windows.channels),
    pooled,
    ...epilogue,
  };
  return device.kernel("convolution", constants, buffers, groups);
}

function convolution(
  site: Site,
  placed: PlacedLayer,
  layer: Conv2dLayer,
  outputShape: Shape,
  kind: "plain" | "relu" | "pooled",
): LayerKernels {
  const { device, lanes, input, parameters: { values32, gradients } } = site;
  const pooled = kind === "pooled";
  const output = activation(site, outputShape, kind === "relu");
  const [channels, inputHeight, inputWidth] = spatial(input.shape);
  const [padHeight, padWidth] = layer.padding, padded = padHeight + padWidth > 0;
  const height = inputHeight + 2 * padHeight, width = inputWidth + 2 * padWidth;
  const [outputs, rows, columns] = spatial(placed.outputShape);
  const [kernelHeight, kernelWidth] = layer.kernel, [strideHeight, strideWidth] = layer.stride;
  const kernel = { kernelHeight, kernelWidth };
  const windows = { channels, height, width, outputs, rows, columns, ...kernel, strideHeight, strideWidth };
  const { weightAt, hasBias, biasAt } = weights(site, placed), taps = kernelHeight * kernelWidth;
  const inside = { top: padHeight, bottom: padHeight + inputHeight, left: padWidth, right: padWidth + inputWidth };
  const forward: Kernel[] = [];
  let x = input.value;
  if (padded) {
    x = buffer(site, [channels, height, width]);
    const size = { channels, height: inputHeight, width: inputWidth, lanes, tall: height, wide: width };
    const constants = { ...size, strideHeight: 1, strideWidth: 1, top: padHeight, left: padWidth };
    forward.push(device.kernel("spread", constants, [input.value, x], flat(sizeOf(input.shape) * lanes)));
  }
  const winner = buffer(site, pooled ? outputShape : [1]);
  const order = {
    weightAt,
    outputStride: channels * taps,
    channelStride: taps,
    rowStride: kernelWidth,
    columnStride: 1,
  };
  forward.push(
    convolve(site, windows, inside, order, { hasBias, biasAt, relu: kind === "relu", pooled }, [
      x,
      values32,
      output.value,
      winner,
    ]),
  );
  const dy = output.gradient;
  if (!dy) return { output, forward, parameterGradients: [], inputGradient: [] };

  // Parts of the sums, by images and by rows of places, so that there are invocations enough.
  const [, gradientRows, gradientColumns] = spatial(outputShape), partLanes = Math.min(lanes, 32);
  const allTaps = channels * taps + Number(hasBias);
  const mostTaps = device.isSoftware ? 5 : 2, tapRows = Math.min(mostTaps, kernelHeight);
  const tapColumns = Math.min(mostTaps, kernelWidth), pairs = pairsOf(outputs);
  const tile = { pairs, tapRows, tapColumns, patchRows: tapRows + 1, patchColumns: tapColumns + 1 };
  const blocks = channels * Math.ceil(kernelHeight / tapRows) * Math.ceil(kernelWidth / tapColumns);
  const outputBlocks = Math.ceil(outputs / (2 * pairs)), enough = device.isSoftware ? ENOUGH_IN_SOFTWARE : ENOUGH;
  const wanted = Math.ceil(enough / (blocks * partLanes * outputBlocks));
  const slices = Math.min(wanted, gradientRows), parts = slices * partLanes;
  const sums = device.buffer(4 * parts * outputs * allTaps);
  const parameterGradients = [
    device.kernel(
      "convolution_weight_gradient",
      {
        ...windows,
        ...tile,
        rows: gradientRows,
        columns: gradientColumns,
        lanes,
        taps: allTaps,
        slices,
        partLanes,
        pooled,
      },
      [x, dy, winner, sums],
      flat(blocks * parts, outputBlocks),
    ),
    device.kernel(
      "sum_parts",
      { outputs, taps: allTaps, quads: parts / 4, weightTaps: channels * taps, weightAt, biasAt },
      [sums, gradients],
      flat(outputs * allTaps),
    ),
  ];

  if (!input.gradient) return { output, forward, parameterGradients, inputGradient: [] };
  // dy among zeros, so that the gradient is a convolution of it with the kernel turned round.
  const tall = inputHeight + kernelHeight - 1, wide = inputWidth + kernelWidth - 1;
  const spread = buffer(site, [outputs, tall, wide]);
  const place = { tall, wide, lanes, top: kernelHeight - 1 - padHeight, left: kernelWidth - 1 - padWidth };
  const size = { channels: outputs, height: gradientRows, width: gradientColumns };
  const over = flat(sizeOf(outputShape) * lanes), { top, left } = place;
  const spreadInside = {
    top,
    bottom: top + (rows - 1) * strideHeight + 1,
    left: Math.max(0, left),
    right: Math.max(0, left + (columns - 1) * strideWidth + 1),
  };
  const inputGradient = [
    pooled
      ? device.kernel("spread_winners", { ...size, ...place }, [dy, winner, spread], over)
      : device.kernel("spread", { ...size, ...place, strideHeight, strideWidth }, [dy, spread], over),
    convolve(
      site,
      {
        channels: outputs,
        height: tall,
        width: wide,
        outputs: channels,
        rows: inputHeight,
        columns: inputWidth,
        ...kernel,
        strideHeight: 1,
        strideWidth: 1,
      },
      spreadInside,
      {
        weightAt: weightAt + taps - 1,
        outputStride: taps,
        channelStride: channels * taps,
        rowStride: -kernelWidth,
        columnStride: -1,
      },
      { hasBias: false, biasAt: 0, relu: false },
      [spread, values32, input.gradient, winner],
    ),
    ...reluGradient(device, input, lanes),
  ];
  return { output, forward, parameterGradients, inputGradient };
}

function pooling(site: Site, { outputShape }: PlacedLayer, layer: PoolLayer): LayerKernels {
  const { device, lanes, input } = site, output = activation(site, outputShape, false);
  const [channels, height, width] = spatial(input.shape), [, rows, columns] = spatial(outputShape);
  const [windowHeight, windowWidth] = layer.window, [strideHeight, strideWidth] = layer.stride;
  const sizes = { channels, height, width, rows, columns, lanes };
  const constants = { ...sizes, windowHeight, windowWidth, strideHeight, strideWidth };
  const winner = layer.kind === "maxPool2d" ? [buffer(site, outputShape)] : [];
  const [forward, backward] = layer.kind === "maxPool2d"
    ? ["max_pool", "max_pool_gradient"] as const
    : ["average_pool", "average_pool_gradient"] as const;
  const over = flat(sizeOf(outputShape) * lanes);
  return {
    output,
    forward: [device.kernel(forward, constants, [input.value, output.value, ...winner], over)],
    parameterGradients: [],
    inputGradient: input.gradient && output.gradient
      ? [
        device.kernel(
          backward,
          constants,
          [output.gradient, ...winner, input.gradient],
          flat(sizeOf(input.shape) * lanes),
        ),
        ...reluGradient(device, input, lanes),
      ]
      : [],
  };
}

/** A function of single elements behind a layer that it is not fused with. Its gradient is the input's: one buffer for both. */
function elementwise(site: Site, kind: "relu" | "sigmoid"): LayerKernels {
  const { device, lanes, input } = site, { shape } = input, count = sizeOf(shape) * lanes;
  const gradient = site.withGradient ? input.gradient ?? buffer(site, shape) : undefined;
  const output = { shape, value: buffer(site, shape), gradient, isRelu: kind === "relu" };
  const backward = gradient && kind === "sigmoid"
    ? [device.kernel("sigmoid_gradient", { count }, [output.value, gradient], flat(count))]
    : [];
  return {
    output,
    forward: [device.kernel(kind, { count }, [input.value, output.value], flat(count))],
    parameterGradients: [],
    inputGradient: [...backward, ...reluGradient(device, input, lanes)],
  };
}

/** The layers that become one group of kernels: a convolution or a dense layer with the ReLU behind it, of a convolution that moves by single places with a 2x2 max-pool behind that; else a layer alone. */
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
export function layerKernels(site: Site, group: readonly PlacedLayer[]): LayerKernels {
  const placed = group[0]!, { layer } = placed;
  switch (layer.kind) {
    case "conv2d": {
      const kind = (["plain", "relu", "pooled"] as const)[group.length - 1]!;
      return convolution(site, placed, layer, group.at(-1)!.outputShape, kind);
    }
    case "dense":
      return dense(site, placed, group.length > 1);
    case "relu":
    case "sigmoid":
      return elementwise(site, layer.kind);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      // Batch innermost, a flat activation is the same memory.
      return {
        output: { ...site.input, shape: placed.outputShape },
        forward: [],
        parameterGradients: [],
        inputGradient: [],
      };
  }
}
