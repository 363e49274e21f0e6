/**
 * The gradients of a convolution alone: tiles of 4 channels x 8 images and 1 channel x 32 (input gradient), of 4
 * outputs x 3 weights (weight gradient).
 */
import { ConvShape } from "./convolution";
import { nextShare, ownRoom, sharesOf } from "./shares";
import { madd, storeEight, sum, tileStart } from "./simd";
import { Grid, weightGradientSingle, weightGradientTile } from "./weight_gradient";

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

/**
 * The window positions that hold an input row or column: `first`, `first + stride`, ... up to `last` are the kernel's
 * rows that met it.
 */
function firstTap(position: i32, out: i32, stride: i32): i32 {
  return max(position - (out - 1) * stride, position % stride);
}

/**
 * 4 input channels at 8 images of one pixel. `dy` is the output pixel met by the first tap; `packed` begins at that
 * tap.
 *
 * @inline
 */
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

/** One input channel at 32 images of one pixel; `weight` is that of the first output's first tap. @inline */
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

/** The same at 8 images: where fewer than 32 are left. @inline */
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

/**
 * dy [outputs][outHeight][outWidth][lanes], weight [outputs][channels][kernelHeight][kernelWidth], dx
 * [channels][height][width][lanes]; scratch: as many floats as weight, and 64 bytes.
 */
export function conv2dInputGradient(dy: usize, weight: usize, dx: usize, scratch: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const pixel: usize = s.pixel, outWidth = s.outWidth, outHeight = s.outHeight;
  const plane: usize = s.height * s.width * s.pixel;
  const window = s.kernelHeight * s.kernelWidth, own = ownRoom(scratch, s.outputs * window * 16);
  const fours = s.channels / 4, shares = (fours + s.channels % 4) * s.height;
  let packedTile = -1;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const tile = share / s.height, i = share % s.height, isFour = tile < fours;
    const channel = isFour ? 4 * tile : tile + 3 * fours;
    const w = weight + <usize> (channel * window * 4);
    if (isFour && tile != packedTile) {
      for (let output = 0; output < s.outputs; output++) {
        packFour(w + <usize> (output * s.taps * 4), window * 4, window, own + <usize> (output * window * 16));
      }
      packedTile = tile;
    }
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
      if (isFour) {
        const packed = own + (first << 4);
        for (; from < end; from += 32, to += 32) inputGradientTile(from, packed, to, plane, rows, columns, s);
      } else {
        const start = w + (first << 2);
        for (; from + 128 <= end; from += 128, to += 128) inputGradientRow(from, start, to, rows, columns, s);
        for (; from < end; from += 32, to += 32) inputGradientSingle(from, start, to, rows, columns, s);
      }
    }
  }
}

/** Where in x the tap's window begins, in bytes. */
function tapOffset(tap: i32, s: ConvShape): usize {
  const window = s.kernelHeight * s.kernelWidth;
  const channel = tap / window, inWindow = tap % window;
  const row = inWindow / s.kernelWidth, column = inWindow % s.kernelWidth;
  return ((channel * s.height + row) * s.width + column) * s.pixel;
}

/**
 * x [channels][height][width][lanes], dy [outputs][outHeight][outWidth][lanes], dWeight
 * [outputs][channels][kernelHeight][kernelWidth].
 */
export function conv2dWeightGradient(x: usize, dy: usize, dWeight: usize, shape: usize): void {
  const s = changetype<ConvShape>(shape);
  const taps = s.taps, pixel: usize = s.pixel;
  // With stride 1 the windows of a row follow each other without a gap: one run.
  const contiguous = s.strideWidth == 1, full = s.outputs >= 4 && taps >= 3;
  const tile = full ? 4 : 1, tapTile = full ? 3 : 1, shares = sharesOf(s.outputs, tile);
  const g = changetype<Grid>(memory.data(offsetof<Grid>() as i32, 16));
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    g.rows = s.outHeight;
    g.runs = contiguous ? 1 : s.outWidth;
    g.run = contiguous ? s.outWidth * pixel : pixel;
    g.runStep = s.strideWidth * pixel;
    g.rowStep = s.strideHeight * s.width * pixel;
    g.plane = s.outHeight * s.outWidth * pixel;
    g.weightRow = taps << 2;
    const output = tileStart(share * tile, tile, s.outputs);
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

/** dy [channels][positions][lanes], dBias [channels]. */
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
