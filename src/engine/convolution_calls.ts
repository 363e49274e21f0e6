/**
 * Convolutions in a program: alone, or as one with the ReLU and the max-pool behind them.
 *
 * @module
 */
import { type Conv2dLayer, type PlacedLayer, type PoolLayer, sizeOf } from "../nn/mod.ts";
import {
  type Activation,
  allocate,
  type Call,
  convShape,
  type LayerCalls,
  LIST_UP_TO,
  poolShape,
  type Site,
  spatial,
  weights,
} from "./site.ts";

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

/** A convolution alone. */
export function convolution(site: Site, placed: PlacedLayer, layer: Conv2dLayer): LayerCalls {
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
export function pooledConvolution(
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
