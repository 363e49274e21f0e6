/**
 * 2-D convolution over `[channel][row][column][image]`: forward, input gradient and weight gradient. The input is already padded. Registers hold tiles of
 * 6 outputs x 8 images (forward), 4 channels x 8 images (input gradient), 1 x 32 images of what is left, or 4 outputs x 3 weights (weight gradient).
 */
import { madd, sum, tileStart } from "./simd";
import { Grid, weightGradientSingle, weightGradientTile } from "./weight_gradient";

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

/** Writes 4 rows of `count` weights, `stride` bytes apart, to `out` as `count` groups of 4. */
function packFour(weight: usize, stride: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(out, load<f32>(weight));
    store<f32>(out, load<f32>(weight + stride), 4);
    store<f32>(out, load<f32>(weight + 2 * stride), 8);
    store<f32>(out, load<f32>(weight + 3 * stride), 12);
    weight += 4;
    out += 16;
  }
}

// @ts-ignore: decorator

function storeEight(y: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128, v6: v128, v7: v128): void {
  v128.store(y, v0);
  v128.store(y, v1, 16);
  v128.store(y, v2, 32);
  v128.store(y, v3, 48);
  v128.store(y, v4, 64);
  v128.store(y, v5, 80);
  v128.store(y, v6, 96);
  v128.store(y, v7, 112);
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

/** The window positions that hold an input row or column: `first`, `first + stride`, ... up to `last` are the kernel's rows that met it. */
// @ts-ignore: decorator

function firstTap(position: i32, out: i32, stride: i32): i32 {
  return max(position - (out - 1) * stride, position % stride);
}

/** 4 input channels at 8 images of one pixel. `dy` is the output pixel met by the first tap; `packed` begins at that tap. */
function inputGradientTile(
  dy: usize,
  packed: usize,
  dx: usize,
  plane: usize,
  rows: i32,
  columns: i32,
  s: ConvShape,
): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  const pixel: usize = s.pixel, outRow: usize = s.outWidth * s.pixel, outPlane: usize = s.outHeight * outRow;
  const tap: usize = s.strideWidth << 4, tapRow: usize = (s.strideHeight * s.kernelWidth) << 4;
  const tapPlane: usize = (s.kernelHeight * s.kernelWidth) << 4;
  for (let output = s.outputs; output > 0; output--, dy += outPlane, packed += tapPlane) {
    let start = dy, w = packed;
    for (let i = rows; i > 0; i--, start -= outRow, w += tapRow) {
      let p = start, q = w;
      for (let j = columns; j > 0; j--) {
        const g0 = v128.load(p), g1 = v128.load(p, 16);
        const wa = v128.load32_splat(q), wb = v128.load32_splat(q, 4);
        const wc = v128.load32_splat(q, 8), wd = v128.load32_splat(q, 12);
        a0 = madd(g0, wa, a0);
        a1 = madd(g1, wa, a1);
        b0 = madd(g0, wb, b0);
        b1 = madd(g1, wb, b1);
        c0 = madd(g0, wc, c0);
        c1 = madd(g1, wc, c1);
        d0 = madd(g0, wd, d0);
        d1 = madd(g1, wd, d1);
        p -= pixel;
        q += tap;
      }
    }
  }
  v128.store(dx, a0);
  v128.store(dx, a1, 16);
  dx += plane;
  v128.store(dx, b0);
  v128.store(dx, b1, 16);
  dx += plane;
  v128.store(dx, c0);
  v128.store(dx, c1, 16);
  dx += plane;
  v128.store(dx, d0);
  v128.store(dx, d1, 16);
}

/** One input channel at 32 images of one pixel; `weight` is that of the first output's first tap. */
function inputGradientRow(dy: usize, weight: usize, dx: usize, rows: i32, columns: i32, s: ConvShape): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  const pixel: usize = s.pixel, outRow: usize = s.outWidth * s.pixel, outPlane: usize = s.outHeight * outRow;
  const tap: usize = s.strideWidth << 2, tapRow: usize = (s.strideHeight * s.kernelWidth) << 2;
  const tapPlane: usize = s.taps << 2;
  for (let output = s.outputs; output > 0; output--, dy += outPlane, weight += tapPlane) {
    let start = dy, w = weight;
    for (let i = rows; i > 0; i--, start -= outRow, w += tapRow) {
      let p = start, q = w;
      for (let j = columns; j > 0; j--) {
        const v = v128.load32_splat(q);
        a0 = madd(v128.load(p), v, a0);
        a1 = madd(v128.load(p, 16), v, a1);
        a2 = madd(v128.load(p, 32), v, a2);
        a3 = madd(v128.load(p, 48), v, a3);
        a4 = madd(v128.load(p, 64), v, a4);
        a5 = madd(v128.load(p, 80), v, a5);
        a6 = madd(v128.load(p, 96), v, a6);
        a7 = madd(v128.load(p, 112), v, a7);
        p -= pixel;
        q += tap;
      }
    }
  }
  storeEight(dx, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** The same at 8 images: where fewer than 32 are left. */
function inputGradientSingle(dy: usize, weight: usize, dx: usize, rows: i32, columns: i32, s: ConvShape): void {
  let a0 = f32x4.splat(0), a1 = a0;
  const pixel: usize = s.pixel, outRow: usize = s.outWidth * s.pixel, outPlane: usize = s.outHeight * outRow;
  const tap: usize = s.strideWidth << 2, tapRow: usize = (s.strideHeight * s.kernelWidth) << 2;
  const tapPlane: usize = s.taps << 2;
  for (let output = s.outputs; output > 0; output--, dy += outPlane, weight += tapPlane) {
    let start = dy, w = weight;
    for (let i = rows; i > 0; i--, start -= outRow, w += tapRow) {
      let p = start, q = w;
      for (let j = columns; j > 0; j--) {
        const v = v128.load32_splat(q);
        a0 = madd(v128.load(p), v, a0);
        a1 = madd(v128.load(p, 16), v, a1);
        p -= pixel;
        q += tap;
      }
    }
  }
  v128.store(dx, a0);
  v128.store(dx, a1, 16);
}

export function conv2dInputGradient(dy: usize, weight: usize, dx: usize, scratch: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const pixel: usize = s.pixel, outWidth = s.outWidth, outHeight = s.outHeight;
  const plane: usize = s.height * s.width * s.pixel;
  const window = s.kernelHeight * s.kernelWidth;
  for (let channel = 0, tile = 4; channel < s.channels; channel += tile) {
    if (s.channels - channel < 4) tile = 1;
    const w = weight + <usize> (channel * window * 4);
    if (tile == 4) {
      for (let output = 0; output < s.outputs; output++) {
        packFour(w + <usize> (output * s.taps * 4), window * 4, window, scratch + <usize> (output * window * 16));
      }
    }
    for (let i = 0; i < s.height; i++) {
      const firstRow = firstTap(i, outHeight, s.strideHeight);
      const rows = (min(i, s.kernelHeight - 1) - firstRow + s.strideHeight) / s.strideHeight;
      for (let j = 0; j < s.width; j++) {
        const firstColumn = firstTap(j, outWidth, s.strideWidth);
        const columns = (min(j, s.kernelWidth - 1) - firstColumn + s.strideWidth) / s.strideWidth;
        const first = firstRow * s.kernelWidth + firstColumn;
        let from = dy +
          <usize> ((i - firstRow) / s.strideHeight * outWidth + (j - firstColumn) / s.strideWidth) * pixel;
        let to = dx + channel * plane + <usize> (i * s.width + j) * pixel;
        const end = from + pixel;
        if (tile == 4) {
          const packed = scratch + (first << 4);
          for (; from < end; from += 32, to += 32) inputGradientTile(from, packed, to, plane, rows, columns, s);
        } else {
          const start = w + (first << 2);
          for (; from + 128 <= end; from += 128, to += 128) inputGradientRow(from, start, to, rows, columns, s);
          for (; from < end; from += 32, to += 32) inputGradientSingle(from, start, to, rows, columns, s);
        }
      }
    }
  }
}

/** Where in x the tap's window begins, in bytes. */
// @ts-ignore: decorator

function tapOffset(tap: i32, s: ConvShape): usize {
  const window = s.kernelHeight * s.kernelWidth;
  const channel = tap / window, inWindow = tap % window;
  const row = inWindow / s.kernelWidth, column = inWindow % s.kernelWidth;
  return ((channel * s.height + row) * s.width + column) * s.pixel;
}

export function conv2dWeightGradient(x: usize, dy: usize, dWeight: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const taps = s.taps, pixel: usize = s.pixel;
  const g = changetype<Grid>(memory.data(offsetof<Grid>() as i32, 16));
  // With stride 1 the windows of a row follow each other without a gap: one run.
  const contiguous = s.strideWidth == 1;
  g.rows = s.outHeight;
  g.runs = contiguous ? 1 : s.outWidth;
  g.run = contiguous ? s.outWidth * pixel : pixel;
  g.runStep = s.strideWidth * pixel;
  g.rowStep = s.strideHeight * s.width * pixel;
  g.plane = s.outHeight * s.outWidth * pixel;
  g.weightRow = taps << 2;
  const full = s.outputs >= 4 && taps >= 3;
  const tile = full ? 4 : 1, tapTile = full ? 3 : 1;
  for (let start = 0; start < s.outputs; start += tile) {
    const output = tileStart(start, tile, s.outputs);
    const from = dy + output * g.plane;
    for (let tapStart = 0; tapStart < taps; tapStart += tapTile) {
      const tap = tileStart(tapStart, tapTile, taps);
      const to = dWeight + <usize> ((output * taps + tap) << 2);
      const x0 = x + tapOffset(tap, s);
      if (full) weightGradientTile(x0, x + tapOffset(tap + 1, s), x + tapOffset(tap + 2, s), from, to, g);
      else weightGradientSingle(x0, from, to, g);
    }
  }
}

export function biasGradient(dy: usize, dBias: usize, channels: i32, positions: i32, lanes: i32): void {
  const bytes: usize = positions * lanes * 4;
  for (let channel = 0; channel < channels; channel++) {
    let even = f32x4.splat(0), odd = even;
    const end = dy + bytes;
    for (; dy < end; dy += 32) {
      even = f32x4.add(even, v128.load(dy));
      odd = f32x4.add(odd, v128.load(dy, 16));
    }
    store<f32>(dBias + (channel << 2), sum(f32x4.add(even, odd)));
  }
}
