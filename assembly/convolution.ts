/**
 * 2-D convolution over `[channel][row][column][image]`, forward. The input is already padded. Registers hold tiles of 6 outputs x 8 images, and 1 output x 32 images of what is left.
 */
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
  @inline
  get outHeight(): i32 {
    return (this.height - this.kernelHeight) / this.strideHeight + 1;
  }
  @inline
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

/** Writes 6 rows of `count` weights, `stride` bytes apart, to `out` as `count` groups of 6. */
export function packSix(weight: usize, stride: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(out, load<f32>(weight));
    store<f32>(out, load<f32>(weight + stride), 4);
    store<f32>(out, load<f32>(weight + 2 * stride), 8);
    store<f32>(out, load<f32>(weight + 3 * stride), 12);
    store<f32>(out, load<f32>(weight + 4 * stride), 16);
    store<f32>(out, load<f32>(weight + 5 * stride), 20);
    weight += 4;
    out += 24;
  }
}

/** 6 outputs at 8 images of a pixel: `x` is its window's first pixel, `packed` the weights in groups of 6. */
export function forwardTile(x: usize, packed: usize, bias: usize, y: usize, outPlane: usize, s: ConvShape): void {
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
  const pixel: usize = s.pixel, row: usize = s.width * s.pixel, plane: usize = s.height * row;
  const kernelWidth = s.kernelWidth;
  for (let channel = s.channels; channel > 0; channel--, x += plane) {
    let start = x;
    for (let i = s.kernelHeight; i > 0; i--, start += row) {
      let p = start;
      for (let j = kernelWidth; j > 0; j--) {
        const x0 = v128.load(p), x1 = v128.load(p, 16);
        let w = v128.load32_splat(packed);
        a0 = madd(x0, w, a0);
        a1 = madd(x1, w, a1);
        w = v128.load32_splat(packed, 4);
        b0 = madd(x0, w, b0);
        b1 = madd(x1, w, b1);
        w = v128.load32_splat(packed, 8);
        c0 = madd(x0, w, c0);
        c1 = madd(x1, w, c1);
        w = v128.load32_splat(packed, 12);
        d0 = madd(x0, w, d0);
        d1 = madd(x1, w, d1);
        w = v128.load32_splat(packed, 16);
        e0 = madd(x0, w, e0);
        e1 = madd(x1, w, e1);
        w = v128.load32_splat(packed, 20);
        f0 = madd(x0, w, f0);
        f1 = madd(x1, w, f1);
        p += pixel;
        packed += 24;
      }
    }
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

/** One output at 32 images: for the outputs beyond the last full tile. */
export function forwardRow(x: usize, weight: usize, bias: usize, y: usize, s: ConvShape): void {
  let a0 = f32x4.splat(0);
  if (bias) a0 = v128.load32_splat(bias);
  let a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  const pixel: usize = s.pixel, row: usize = s.width * s.pixel, plane: usize = s.height * row;
  for (let channel = s.channels; channel > 0; channel--, x += plane) {
    let start = x;
    for (let i = s.kernelHeight; i > 0; i--, start += row) {
      let p = start;
      for (let j = s.kernelWidth; j > 0; j--) {
        const w = v128.load32_splat(weight);
        a0 = madd(v128.load(p), w, a0);
        a1 = madd(v128.load(p, 16), w, a1);
        a2 = madd(v128.load(p, 32), w, a2);
        a3 = madd(v128.load(p, 48), w, a3);
        a4 = madd(v128.load(p, 64), w, a4);
        a5 = madd(v128.load(p, 80), w, a5);
        a6 = madd(v128.load(p, 96), w, a6);
        a7 = madd(v128.load(p, 112), w, a7);
        p += pixel;
        weight += 4;
      }
    }
  }
  storeEight(y, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** One output at 8 images: where fewer than 32 are left. */
export function forwardSingle(x: usize, weight: usize, bias: usize, y: usize, s: ConvShape): void {
  let a0 = f32x4.splat(0), a1 = a0;
  if (bias) a0 = a1 = v128.load32_splat(bias);
  const pixel: usize = s.pixel, row: usize = s.width * s.pixel, plane: usize = s.height * row;
  for (let channel = s.channels; channel > 0; channel--, x += plane) {
    let start = x;
    for (let i = s.kernelHeight; i > 0; i--, start += row) {
      let p = start;
      for (let j = s.kernelWidth; j > 0; j--) {
        const w = v128.load32_splat(weight);
        a0 = madd(v128.load(p), w, a0);
        a1 = madd(v128.load(p, 16), w, a1);
        p += pixel;
        weight += 4;
      }
    }
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
}

export function conv2dForward(x: usize, weight: usize, bias: usize, y: usize, scratch: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const taps = s.taps, pixel: usize = s.pixel, outWidth = s.outWidth, outHeight = s.outHeight;
  const outRow: usize = outWidth * s.pixel, outPlane: usize = outHeight * outRow;
  for (let output = 0, tile = FORWARD_TILE; output < s.outputs; output += tile) {
    if (s.outputs - output < FORWARD_TILE) tile = 1;
    const w = weight + <usize> (output * taps * 4);
    const b = bias ? bias + (output << 2) : 0;
    if (tile > 1) packSix(w, taps * 4, taps, scratch);
    for (let i = 0; i < outHeight; i++) {
      const xRow = x + <usize> (i * s.strideHeight * s.width) * pixel;
      const yRow = y + output * outPlane + i * outRow;
      for (let j = 0; j < outWidth; j++) {
        let from = xRow + <usize> (j * s.strideWidth) * pixel, to = yRow + j * pixel;
        const end = from + pixel;
        if (tile > 1) {
          for (; from < end; from += 32, to += 32) forwardTile(from, scratch, b, to, outPlane, s);
        } else {
          for (; from + 128 <= end; from += 128, to += 128) forwardRow(from, w, b, to, s);
          for (; from < end; from += 32, to += 32) forwardSingle(from, w, b, to, s);
        }
      }
    }
  }
}
