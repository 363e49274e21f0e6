/** Random shapes of a pooled convolution, and the tensors that belong to them. */
import fc from "fast-check";
import { CONV_SHAPE, GROUP_LANES, imageStride, POOL_SHAPE } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import type { Random } from "../../src/random/threefry.ts";
import { draw, holds, type Style, whole } from "./kernel_values.ts";

/** The shape of a convolution. */
export type ConvShape = Record<(typeof CONV_SHAPE)[number], number>;
/** The shape of a pooling. */
export type PoolShape = Record<(typeof POOL_SHAPE)[number], number>;

/** A pooled convolution: its shapes, how many elements its tensors have, and what its elements are drawn from. */
export interface Pooled {
  conv: ConvShape;
  pool: PoolShape;
  images: number;
  style: Style;
  seed: number;
  /** Bytes by which the weights, their mask and the biases miss a multiple of 16. */
  offset: number;
  /** The share of the weights that a mask keeps, and that of the gradients that are not 0. */
  density: number;
  /** Numbers of elements, without lanes: of x, of what the convolution gives, of what the pooling gives. */
  x: number;
  convolved: number;
  pooled: number;
  /** Number of pixels of x. */
  pixels: number;
  /** Numbers of weights: of an output, of all. */
  window: number;
  weights: number;
  /** Number of places of a pooling window. */
  places: number;
  /** Words of scratch of a pooled convolution. */
  scratch: number;
  /** Words of scratch of the gradient of the input by events. */
  inputGradientScratch: number;
  /** Floats of all images `[lanes][pixels][channels]`, with those to spare. */
  imageFloats: number;
  /** Groups of lanes, the number of begins of events, and the int32 index of the first event. */
  groups: number;
  begins: number;
  firstEvent: number;
}

const CASES = {
  // A kernel row of all channels may be longer than 16 and than 32 floats.
  row: fc.oneof(
    { weight: 6, arbitrary: fc.record({ channels: whole(1, 9), kernelWidth: whole(1, 5) }) },
    { weight: 1, arbitrary: fc.constant({ channels: 1, kernelWidth: 11 }) },
    { weight: 2, arbitrary: fc.constant({ channels: 12, kernelWidth: 5 }) },
  ),
  kernelHeight: whole(1, 5),
  outputs: whole(1, 9),
  strideHeight: whole(1, 3),
  strideWidth: whole(1, 3),
  windowHeight: whole(1, 3),
  windowWidth: whole(1, 3),
  poolStrideHeight: whole(1, 3),
  poolStrideWidth: whole(1, 3),
  moreRows: whole(0, 3),
  moreColumns: whole(0, 5),
  /** Rows and columns of x that no window of the convolution covers, if its stride allows. */
  leftRows: whole(0, 2),
  leftColumns: whole(0, 2),
  images: whole(1, 40),
  style: fc.constantFrom<Style>("fine", "whole"),
  seed: fc.nat(),
  word: whole(0, 3),
  density: fc.constantFrom(0, 0.05, 0.5, 1),
};

/** The case of given shapes. */
export function pooledCase(
  conv: ConvShape,
  pool: Omit<PoolShape, "channels" | "height" | "width" | "lanes">,
  rest: Pick<Pooled, "images" | "style" | "seed" | "offset" | "density">,
): Pooled {
  const { channels, outputs, kernelHeight, kernelWidth, lanes } = conv;
  const height = Math.floor((conv.height - kernelHeight) / conv.strideHeight) + 1;
  const width = Math.floor((conv.width - kernelWidth) / conv.strideWidth) + 1;
  const rows = Math.floor((height - pool.windowHeight) / pool.strideHeight) + 1;
  const columns = Math.floor((width - pool.windowWidth) / pool.strideWidth) + 1;
  const pixels = conv.height * conv.width;
  const window = channels * kernelHeight * kernelWidth;
  const weights = outputs * window, groups = lanes / GROUP_LANES, begins = outputs * (groups + 1);
  return {
    conv,
    pool: { ...pool, channels: outputs, height, width, lanes },
    ...rest,
    x: channels * pixels,
    convolved: outputs * height * width,
    pooled: outputs * rows * columns,
    pixels,
    window,
    weights,
    places: pool.windowHeight * pool.windowWidth,
    scratch: 7 * window + 6 * pool.windowHeight * width * lanes + 16,
    inputGradientScratch: outputs * 5 * Math.ceil(kernelHeight / 5) * (kernelWidth * channels + 31),
    imageFloats: imageStride(channels, pixels) * lanes,
    groups,
    begins,
    firstEvent: begins + begins % 2,
  };
}

/** Checks that `body` holds for random pooled convolutions. */
export function eachPooled(body: (one: Pooled) => void, runs = 30): void {
  holds(CASES, (drawn) => {
    const { images, style, seed, density, windowHeight, windowWidth, outputs, strideHeight, strideWidth } = drawn;
    const { kernelHeight, row } = drawn;
    const stretch = (kernel: number, stride: number, size: number, left: number): number =>
      kernel + stride * (size - 1) + left % stride;
    const height = stretch(kernelHeight, strideHeight, windowHeight + drawn.moreRows, drawn.leftRows);
    const width = stretch(row.kernelWidth, strideWidth, windowWidth + drawn.moreColumns, drawn.leftColumns);
    const lanes = lanesOf(images);
    body(pooledCase(
      { ...row, height, width, outputs, kernelHeight, strideHeight, strideWidth, lanes },
      { windowHeight, windowWidth, strideHeight: drawn.poolStrideHeight, strideWidth: drawn.poolStrideWidth },
      { images, style, seed, density, offset: 4 * drawn.word },
    ));
  }, runs);
}

/** LeNet-5's two convolutions with their poolings, over 33 images: a full group of 32 and a remainder. */
export const LENET5: readonly (readonly [name: string, one: Pooled])[] = ([
  ["first", 1, 32, 6],
  ["second", 6, 14, 16],
] as const).map(([name, channels, size, outputs]) => {
  const kernel = { kernelHeight: 5, kernelWidth: 5, strideHeight: 1, strideWidth: 1 };
  const pool = { windowHeight: 2, windowWidth: 2, strideHeight: 2, strideWidth: 2 };
  const conv = { ...kernel, channels, height: size, width: size, outputs, lanes: 40 };
  return [name, pooledCase(conv, pool, { images: 33, style: "fine", seed: 1, offset: 0, density: 0.05 })] as const;
});

/** The record of a convolution's shape as it is in memory. */
export function convRecord(shape: ConvShape): Int32Array {
  return Int32Array.from(CONV_SHAPE, (name) => shape[name]);
}

/** The record of a pooling's shape as it is in memory. */
export function poolRecord(shape: PoolShape): Int32Array {
  return Int32Array.from(POOL_SHAPE, (name) => shape[name]);
}

/** `count` masks, of which about a share of `density` keeps its weight. */
export function drawDensity(random: Random, count: number, density: number): Int32Array {
  return Int32Array.from({ length: count }, () => random.uniform(0, 1) < density ? -1 : 0);
}

/**
 * Gradients of what the pooling gives: mostly 0 where the density is low, of both signs, always 0 in lanes without an
 * image.
 */
export function drawGradients(random: Random, { pooled, images, style, conv, density }: Pooled): Float32Array {
  return draw(random, pooled * conv.lanes, style).map((value, i) => {
    if (i % conv.lanes >= images) return 0;
    return random.uniform(0, 1) < density ? value : random.integer(2) === 0 ? 0 : -0;
  });
}

/** Images as the kernels take them, from x `[channels][pixels][lanes]`; NaN in what is to spare. */
export function imagesOf(x: Float32Array, { conv: { channels, lanes }, pixels, imageFloats }: Pooled): Float32Array {
  const images = new Float32Array(imageFloats).fill(NaN), stride = imageStride(channels, pixels);
  x.forEach((value, i) => {
    const lane = i % lanes, pixel = Math.floor(i / lanes) % pixels, channel = Math.floor(i / lanes / pixels);
    images[lane * stride + pixel * channels + channel] = value;
  });
  return images;
}

/** What images hold, without what is to spare. */
export function withoutSpare(
  images: ArrayLike<number>,
  { conv: { channels }, pixels }: { conv: { channels: number }; pixels: number },
): Float32Array {
  const stride = imageStride(channels, pixels), held = channels * pixels, count = images.length / stride;
  const all = new Float32Array(count * held), given = Float32Array.from(images);
  for (let image = 0; image < count; image++) {
    all.set(given.subarray(image * stride, image * stride + held), image * held);
  }
  return all;
}
