/**
 * Convolutions on a GPU.
 *
 * @module
 */
import { type Conv2dLayer, type PlacedLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import { type LayerCalls, NO_PARAMETERS } from "../backend.ts";
import { type Constants, flat, type Kernel } from "./device.ts";
import { activation, buffer, calls, type GpuActivation, type GpuSite, reluGradient, spatial, weights } from "./site.ts";

/** Pairs of weights that fit the workgroup memory of a convolution. */
const TILE = 1024;
/** Pairs of sums that an invocation of a convolution keeps where registers are the processor's cache. */
const REGISTERS = 96;
/** Products of an output in a row of its places and of the kernel: all are written out in the shader. */
const MOST_TERMS = 80;
/**
 * Places of which a weight gradient keeps the outputs' gradients in workgroup memory, and the blocks of taps that share
 * them.
 */
const TILE_PLACES = 8, GROUP_BLOCKS = 4;
/** Invocations that a weight gradient should have at least, to fill a processor. */
const ENOUGH = 32768, ENOUGH_IN_SOFTWARE = 256;

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

/**
 * The part of a convolution's input that is not known to be 0: rows from top to before bottom, columns from left to
 * before right.
 */
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
  { device, lanes }: GpuSite,
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

/** A convolution, with the ReLU behind it and the 2x2 max-pool behind that where there are such. */
export function convolution(
  site: GpuSite,
  placed: PlacedLayer,
  layer: Conv2dLayer,
  outputShape: Shape,
  kind: "plain" | "relu" | "pooled",
): LayerCalls<GpuActivation> {
  const { device, lanes, input, squares, parameters: { values32, gradients } } = site;
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
  const forward: Kernel[] = [], winner = buffer(site, pooled ? outputShape : [1]);
  let x = input.value;
  if (padded) {
    x = buffer(site, [channels, height, width]);
    const count = sizeOf(input.shape) * lanes, size = { count, height: inputHeight, width: inputWidth, lanes };
    const place = { tall: height, wide: width, strideHeight: 1, strideWidth: 1, top: padHeight, left: padWidth };
    const constants = { ...size, ...place, pooled: false };
    forward.push(device.kernel("spread", constants, [input.value, winner, x]));
  }
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
  if (!dy) return { output, forward: calls(device, ...forward), ...NO_PARAMETERS, inputGradient: [] };

  // Parts of the sums, by images and by rows of places, so that there are invocations enough.
  const { isSoftware } = device, [, gradientRows, gradientColumns] = spatial(outputShape);
  const partLanes = Math.min(lanes, isSoftware ? 32 : 16), groupBlocks = isSoftware ? 1 : GROUP_BLOCKS;
  const allTaps = channels * taps + Number(hasBias);
  const mostTaps = isSoftware ? 5 : 2, tapRows = Math.min(mostTaps, kernelHeight);
  const tapColumns = Math.min(mostTaps, kernelWidth), pairs = pairsOf(outputs);
  const patch = { tapRows, tapColumns, patchRows: tapRows + 1, patchColumns: tapColumns + 1 };
  const tile = { pairs, ...patch, groupBlocks, tilePlaces: isSoftware ? 0 : TILE_PLACES };
  const blocks = channels * Math.ceil(kernelHeight / tapRows) * Math.ceil(kernelWidth / tapColumns);
  const outputBlocks = Math.ceil(outputs / (2 * pairs)), enough = isSoftware ? ENOUGH_IN_SOFTWARE : ENOUGH;
  const wanted = Math.ceil(enough / (blocks * partLanes * outputBlocks));
  const slices = Math.min(wanted, gradientRows), parts = slices * partLanes;
  const sums = device.buffer(4 * parts * outputs * allTaps);
  const parameterGradients = calls(
    device,
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
      flat(64 * slices * Math.ceil(blocks / groupBlocks), outputBlocks),
    ),
    device.kernel(
      "sum_parts",
      { count: outputs * allTaps, taps: allTaps, quads: parts / 4, weightTaps: channels * taps, weightAt, biasAt },
      [sums, gradients],
    ),
  );

  const exampleSquares = [squares.call(outputs * channels, (buffer, at) => {
    const count = outputs * channels * lanes, rest = { lanes, hasBias, pooled, at };
    const constants = { count, ...windows, rows: gradientRows, columns: gradientColumns, ...rest };
    return device.kernel("convolution_example_squares", constants, [x, dy, winner, buffer]);
  })];

  const made = { output, forward: calls(device, ...forward), events: [], parameterGradients, exampleSquares };
  if (!input.gradient) return { ...made, inputGradient: [] };
  // dy among zeros, so that the gradient is a convolution of it with the kernel turned round.
  const tall = inputHeight + kernelHeight - 1, wide = inputWidth + kernelWidth - 1;
  const spread = buffer(site, [outputs, tall, wide]);
  const top = kernelHeight - 1 - padHeight, left = kernelWidth - 1 - padWidth, count = sizeOf(outputShape) * lanes;
  const apart = pooled ? { strideHeight: 2, strideWidth: 2 } : { strideHeight, strideWidth };
  const place = { count, height: gradientRows, width: gradientColumns, lanes, tall, wide, top, left };
  const spreadInside = {
    top,
    bottom: top + (rows - 1) * strideHeight + 1,
    left: Math.max(0, left),
    right: Math.max(0, left + (columns - 1) * strideWidth + 1),
  };
  const inputGradient = calls(
    device,
    device.kernel("spread", { ...place, ...apart, pooled }, [dy, winner, spread]),
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
  );
  return { ...made, inputGradient: [...inputGradient, ...reluGradient(site, input)] };
}
