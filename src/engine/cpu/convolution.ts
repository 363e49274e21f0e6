/**
 * Convolutions in a program: alone, or as one with the ReLU and the max-pool behind them.
 *
 * @module
 */
import { type Conv2dLayer, type PlacedLayer, type PoolLayer, sizeOf } from "../../nn/mod.ts";
import { GROUP_LANES, imageStride } from "./kernels/memory.ts";
import type { Call, LayerCalls } from "../backend.ts";
import {
  allocate,
  convShape,
  type CpuActivation,
  type CpuSite,
  LIST_UP_TO,
  poolShape,
  roomFor,
  spatial,
  weights,
} from "./site.ts";

/** The input of a convolution with zeros around, and the calls that put and take them. */
function padded(site: CpuSite, { padding }: Conv2dLayer): { input: CpuActivation; pad: Call[]; unpad: Call[] } {
  const { machine: { kernels: k }, lanes, input } = site;
  const [padHeight, padWidth] = padding;
  if (padHeight + padWidth === 0) return { input, pad: [], unpad: [] };
  const [channels, height, width] = spatial(input.shape);
  const shape = [channels, height + 2 * padHeight, width + 2 * padWidth] as const;
  const wide = roomFor(site, shape, input.gradient !== 0);
  return {
    input: wide,
    pad: [() => k.pad(input.value, wide.value, channels, height, width, padHeight, padWidth, lanes)],
    unpad: [() => k.unpad(wide.gradient, input.gradient, channels, height, width, padHeight, padWidth, lanes)],
  };
}

/**
 * The call that adds up the squared lengths of each image's gradient of a convolution.
 *
 * @param dy gives the gradient of all its outputs
 */
function exampleSquares(
  site: CpuSite,
  input: CpuActivation,
  placed: PlacedLayer,
  shape: number,
  dy: () => number,
): Call {
  const { machine, squares } = site, { kernels: k } = machine;
  const [, outHeight, outWidth] = spatial(placed.outputShape);
  const bytes = machine.threads * 16 * (sizeOf(input.shape) + 2 * outHeight * outWidth);
  // Few programs ever clip.
  let scratch = 0;
  return () => {
    scratch ||= machine.allocate(bytes);
    k.convExampleSquares(input.value, dy(), squares, scratch, Number(placed.parameters.bias !== undefined), shape);
  };
}

/** A convolution alone. */
export function convolution(site: CpuSite, placed: PlacedLayer, layer: Conv2dLayer): LayerCalls<CpuActivation> {
  const { machine, lanes } = site;
  const { kernels: k } = machine;
  const { weight: { weight: w, gradient: dw }, b, db } = weights(site, placed);
  const { input, pad, unpad } = padded(site, layer);
  const output = allocate(site, placed.outputShape);
  const [outputs, outHeight, outWidth] = spatial(placed.outputShape);
  const shape = convShape(site, input.shape, outputs, layer);
  const taps = spatial(input.shape)[0] * sizeOf(layer.kernel);
  const scratch = machine.allocate(machine.threads * 4 * taps * Math.max(4 * outputs, 7) + 64);
  const parameterGradients = [() => k.conv2dWeightGradient(input.value, output.gradient, dw, shape)];
  if (db) parameterGradients.push(() => k.biasGradient(output.gradient, db, outputs, outHeight * outWidth, lanes));
  return {
    output,
    forward: [...pad, () => k.conv2dForward(input.value, w, b, output.value, scratch, shape)],
    events: [],
    parameterGradients,
    exampleSquares: [exampleSquares(site, input, placed, shape, () => output.gradient)],
    inputGradient: [() => k.conv2dInputGradient(output.gradient, w, input.gradient, scratch, shape), ...unpad],
  };
}

/**
 * A convolution, ReLU and max-pool: the full-size output is never stored, and the gradients are those of the winners
 * alone.
 */
export function pooledConvolution(
  site: CpuSite,
  placed: PlacedLayer,
  layer: Conv2dLayer,
  pooled: PlacedLayer,
  pool: PoolLayer,
): LayerCalls<CpuActivation> {
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
  const [kernelHeight, kernelWidth] = layer.kernel, run = kernelWidth * channels;
  // For each thread: the forward pass's weights and rows of 6 outputs, or the input gradient's weights, or the other
  // gradients' sums and lists.
  const tile = 28 * taps + 24 * pool.window[0] * outWidth * lanes + 64;
  const packed = 4 * outputs * 5 * Math.ceil(kernelHeight / 5) * (run + 31);
  const scratch = machine.allocate(machine.threads * Math.max(tile, packed, 320, 4 * sizeOf(pool.window) + 4));
  const bytesOf = (wanted: boolean, bytes: number) => wanted ? machine.allocate(bytes) : 0;
  const winner = bytesOf(withGradient, 4 * size);
  const events = bytesOf(withGradient, 4 * (outputs * (lanes / GROUP_LANES + 1) + 1) + 8 * size);
  const images = bytesOf(withGradient, 4 * imageStride(channels, pixels) * lanes);
  const dImages = bytesOf(dx !== 0, 4 * imageStride(channels, pixels) * lanes);
  const passesIndex = outputs * kernelHeight * Math.ceil(run / 8) + 3;
  site.parameters.listLiving(placed.parameters.weight!, shape, outputs + 3, withGradient ? passesIndex : 0);
  const forward = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.pooledForward) {
      k.livingPooledConvForward(x, w, b, output.value, winner, living, scratch, shape, windows);
    } else k.pooledConvForward(x, w, b, output.value, winner, scratch, shape, windows);
  };
  const weightGradient = () => {
    const { gradient, passes, density } = weight;
    k.toImages(x, images, channels, pixels, lanes);
    if (density <= LIST_UP_TO.pooledWeightGradient) {
      k.livingEventWeightGradient(images, events, gradient, passes, shape);
    } else k.eventWeightGradient(images, events, gradient, scratch, shape);
  };
  const inputGradient = () => {
    const { weight: w, passes, density } = weight;
    if (density <= LIST_UP_TO.pooledInputGradient) {
      k.livingEventInputGradient(events, w, dImages, passes, scratch, shape);
    } else k.eventInputGradient(events, w, dImages, scratch, shape);
    k.fromImages(dImages, dx, channels, pixels, lanes);
  };
  // The gradient of the outputs before ReLU and max-pool, which nothing but clipping needs.
  let unpooled = 0;
  const unpool = () => {
    unpooled ||= machine.allocate(4 * sizeOf(placed.outputShape) * lanes);
    k.maxPoolGradient(output.gradient, winner, unpooled, windows);
  };
  return {
    output,
    forward: [...pad, forward],
    events: [() => k.winnerEvents(output.gradient, winner, events, scratch, shape, windows)],
    parameterGradients: db ? [weightGradient, () => k.eventBiasGradient(events, db, shape)] : [weightGradient],
    exampleSquares: [unpool, exampleSquares(site, input, placed, shape, () => unpooled)],
    inputGradient: [inputGradient, ...unpad],
  };
}
