/**
 * 2-D convolution over `[channel][row][column][image]`, forward. The input is already padded. Registers hold tiles of 6
 * outputs x 8 images, and 1 output x 32 images of what is left.
 */
import { nextShare, ownRoom } from "./shares";
import { madd, storeEight } from "./simd";

// @ts-ignore: decorator
@unmanaged
export class ConvShape {
  channels: i32;
  height: i32;
  width: i32;
  outputs: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  lanes: i32;

  /** Bytes from one pixel to the next. */
  @inline
  get pixel(): i32 {
    return this.lanes << 2;
  }
  get outHeight(): i32 {
    return (this.height - this.kernelHeight) / this.strideHeight + 1;
  }
  get outWidth(): i32 {
    return (this.width - this.kernelWidth) / this.strideWidth + 1;
  }
  /** Weights of one output. */
  @inline
  get taps(): i32 {
    return this.channels * this.kernelHeight * this.kernelWidth;
  }
}

/** Outputs in a full tile of the forward pass. */
export const FORWARD_TILE = 6;

/** Tiles of so many outputs: full ones, then one for each output left. */
export function tilesOf(outputs: i32): i32 {
  return outputs / FORWARD_TILE + outputs % FORWARD_TILE;
}

/** The first output of a tile; `outputs` behind the last. */
export function firstOfTile(tile: i32, outputs: i32): i32 {
  const full = outputs / FORWARD_TILE;
  return tile < full ? tile * FORWARD_TILE : full * FORWARD_TILE + tile - full;
}

/**
 * Bytes of a packed weight of one output, and of six: where its pixel of the window lies, in bytes, and behind it the
 * values.
 */
export const PACKED = 8, PACKED_SIX = 28;

/**
 * Packs all weights of an output, or of the six from it on, for {@link forwardRow} and {@link forwardTile}; returns
 * where they end.
 */
export function packWeights(weight: usize, outputs: i32, out: usize, s: ConvShape): usize {
  const next: usize = s.taps << 2, plane = s.height * s.width * s.pixel, row = s.width * s.pixel;
  for (let channel = 0; channel < s.channels; channel++) {
    for (let i = 0; i < s.kernelHeight; i++) {
      for (let j = 0; j < s.kernelWidth; j++, weight += 4) {
        store<i32>(out, channel * plane + i * row + j * s.pixel);
        out += 4;
        let from = weight;
        for (let k = outputs; k > 0; k--, from += next, out += 4) store<f32>(out, load<f32>(from));
      }
    }
  }
  return out;
}

/** 6 outputs at 8 images of a pixel: `x` is its window's first pixel; the packed weights go on until `end`. @inline */
export function forwardTile(x: usize, packed: usize, end: usize, bias: usize, y: usize, outPlane: usize): void {
  let a0 = f32x4.splat(0), b0 = a0, c0 = a0, d0 = a0, e0 = a0, f0 = a0;
  if (bias) {
    a0 = v128.load32_splat(bias);
    b0 = v128.load32_splat(bias, 4);
    c0 = v128.load32_splat(bias, 8);
    d0 = v128.load32_splat(bias, 12);
    e0 = v128.load32_splat(bias, 16);
    f0 = v128.load32_splat(bias, 20);
  }
  let a1 = a0, b1 = b0, c1 = c0, d1 = d0, e1 = e0, f1 = f0;
  for (; packed < end; packed += PACKED_SIX) {
    const p = x + <usize> load<i32>(packed);
    const x0 = v128.load(p), x1 = v128.load(p, 16);
    let w = v128.load32_splat(packed, 4);
    a0 = madd(x0, w, a0);
    a1 = madd(x1, w, a1);
    w = v128.load32_splat(packed, 8);
    b0 = madd(x0, w, b0);
    b1 = madd(x1, w, b1);
    w = v128.load32_splat(packed, 12);
    c0 = madd(x0, w, c0);
    c1 = madd(x1, w, c1);
    w = v128.load32_splat(packed, 16);
    d0 = madd(x0, w, d0);
    d1 = madd(x1, w, d1);
    w = v128.load32_splat(packed, 20);
    e0 = madd(x0, w, e0);
    e1 = madd(x1, w, e1);
    w = v128.load32_splat(packed, 24);
    f0 = madd(x0, w, f0);
    f1 = madd(x1, w, f1);
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  y += outPlane;
  v128.store(y, b0);
  v128.store(y, b1, 16);
  y += outPlane;
  v128.store(y, c0);
  v128.store(y, c1, 16);
  y += outPlane;
  v128.store(y, d0);
  v128.store(y, d1, 16);
  y += outPlane;
  v128.store(y, e0);
  v128.store(y, e1, 16);
  y += outPlane;
  v128.store(y, f0);
  v128.store(y, f1, 16);
}

/** One output at 32 images of a pixel. @inline */
export function forwardRow(x: usize, packed: usize, end: usize, bias: usize, y: usize): void {
  let a0 = f32x4.splat(0);
  if (bias) a0 = v128.load32_splat(bias);
  let a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (; packed < end; packed += PACKED) {
    const p = x + <usize> load<i32>(packed), w = v128.load32_splat(packed, 4);
    a0 = madd(v128.load(p), w, a0);
    a1 = madd(v128.load(p, 16), w, a1);
    a2 = madd(v128.load(p, 32), w, a2);
    a3 = madd(v128.load(p, 48), w, a3);
    a4 = madd(v128.load(p, 64), w, a4);
    a5 = madd(v128.load(p, 80), w, a5);
    a6 = madd(v128.load(p, 96), w, a6);
    a7 = madd(v128.load(p, 112), w, a7);
  }
  storeEight(y, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** The same at 8 images. @inline */
function forwardSingle(x: usize, packed: usize, end: usize, bias: usize, y: usize): void {
  let a0 = f32x4.splat(0);
  if (bias) a0 = v128.load32_splat(bias);
  let a1 = a0;
  for (; packed < end; packed += PACKED) {
    const p = x + <usize> load<i32>(packed), w = v128.load32_splat(packed, 4);
    a0 = madd(v128.load(p), w, a0);
    a1 = madd(v128.load(p, 16), w, a1);
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
}

/** One output at all images of a pixel. */
export function forwardPixel(x: usize, packed: usize, end: usize, bias: usize, y: usize, pixel: usize): void {
  const last = x + pixel;
  for (; x + 128 <= last; x += 128, y += 128) forwardRow(x, packed, end, bias, y);
  for (; x < last; x += 32, y += 32) forwardSingle(x, packed, end, bias, y);
}

/** 6 outputs at all images of a pixel. */
export function forwardPixelOfSix(
  x: usize,
  packed: usize,
  end: usize,
  bias: usize,
  y: usize,
  pixel: usize,
  outPlane: usize,
): void {
  for (const last = x + pixel; x < last; x += 32, y += 32) forwardTile(x, packed, end, bias, y, outPlane);
}

/**
 * x [channels][height][width][lanes], weight [outputs][channels][kernelHeight][kernelWidth], bias [outputs] or 0, y
 * [outputs][outHeight][outWidth][lanes]; scratch: 7 * channels * kernelHeight * kernelWidth floats.
 */
export function conv2dForward(x: usize, weight: usize, bias: usize, y: usize, scratch: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const taps = s.taps, pixel: usize = s.pixel, outWidth = s.outWidth, outHeight = s.outHeight;
  const outRow: usize = outWidth * s.pixel, outPlane: usize = outHeight * outRow;
  const packed = ownRoom(scratch, taps * PACKED_SIX), shares = tilesOf(s.outputs) * outHeight;
  let packedTile = -1, end = packed;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const tile = share / outHeight, i = share % outHeight;
    const output = firstOfTile(tile, s.outputs), size = firstOfTile(tile + 1, s.outputs) - output;
    const b = bias ? bias + (output << 2) : 0;
    if (tile != packedTile) end = packWeights(weight + <usize> (output * taps * 4), size, packed, s);
    packedTile = tile;
    const xRow = x + <usize> (i * s.strideHeight * s.width) * pixel;
    const yRow = y + output * outPlane + i * outRow;
    for (let j = 0; j < outWidth; j++) {
      const from = xRow + <usize> (j * s.strideWidth) * pixel, to = yRow + j * pixel;
      if (size > 1) forwardPixelOfSix(from, packed, end, b, to, pixel, outPlane);
      else forwardPixel(from, packed, end, b, to, pixel);
    }
  }
}
