/**
 * Convolution, ReLU and max-pool as one: the convolution's output exists only for the rows of one window at a time, and of the pooled output the winner's place is kept,
 * or -1 where ReLU leaves nothing.
 */
import { ConvShape, FORWARD_TILE, forwardRow, forwardSingle, forwardTile, packSix } from "./convolution";
import { livingRow, livingSingle, packLiving } from "./living";
import { isMine, ownRoom } from "./parts";
import { PoolShape } from "./pooling";

/** Pools one output's rows `[windowHeight][outWidth][lanes]` to a row of y, with ReLU. */
function poolRow(rows: usize, y: usize, winner: usize, rowBytes: usize, pixel: usize, p: PoolShape): void {
  if (p.windowHeight == 2 && p.windowWidth == 2 && p.strideWidth == 2) {
    poolRowOfFours(rows, y, winner, rowBytes, pixel, p.outWidth);
    return;
  }
  const zero = f32x4.splat(0), step: usize = p.strideWidth * pixel, columns = p.outWidth;
  for (let j = 0; j < columns; j++, rows += step) {
    for (let lane: usize = 0; lane < pixel; lane += 16, y += 16) {
      let best = v128.load(rows + lane), place = i32x4.splat(0), tap = 0, row = rows + lane;
      for (let h = p.windowHeight; h > 0; h--, row += rowBytes) {
        let at = row;
        for (let w = p.windowWidth; w > 0; w--, tap++, at += pixel) {
          const value = v128.load(at), greater = f32x4.gt(value, best);
          best = v128.bitselect(value, best, greater);
          place = v128.bitselect(i32x4.splat(tap), place, greater);
        }
      }
      v128.store(y, f32x4.max(best, zero));
      if (winner) {
        v128.store(winner, v128.bitselect(place, i32x4.splat(-1), f32x4.gt(best, zero)));
        winner += 16;
      }
    }
  }
}

/** The same for windows of 2 x 2, two pixels apart. */
function poolRowOfFours(rows: usize, y: usize, winner: usize, rowBytes: usize, pixel: usize, columns: i32): void {
  const zero = f32x4.splat(0),
    one = i32x4.splat(1),
    two = i32x4.splat(2),
    three = i32x4.splat(3),
    none = i32x4.splat(-1);
  for (let j = 0; j < columns; j++, rows += pixel) {
    for (const end = rows + pixel; rows < end; rows += 16, y += 16) {
      const a = v128.load(rows), b = v128.load(rows + pixel);
      const c = v128.load(rows + rowBytes), d = v128.load(rows + rowBytes + pixel);
      const best = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
      v128.store(y, f32x4.max(best, zero));
      if (winner) {
        const later = v128.bitselect(two, three, f32x4.eq(c, best));
        const place = v128.andnot(v128.bitselect(one, later, f32x4.eq(b, best)), f32x4.eq(a, best));
        v128.store(winner, v128.bitselect(place, none, f32x4.gt(best, zero)));
        winner += 16;
      }
    }
  }
}

/** Output pixels that pooling reads from a row. */
function pooledWidth(p: PoolShape): i32 {
  return (p.outWidth - 1) * p.strideWidth + p.windowWidth;
}

export function pooledConvForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  winner: usize,
  scratch: usize,
  conv: usize,
  pool: usize,
): void {
  const s = changetype<ConvShape>(conv), p = changetype<PoolShape>(pool);
  const taps = s.taps, pixel: usize = s.pixel, width = pooledWidth(p), rowBytes: usize = width * pixel;
  const plane = p.windowHeight * rowBytes;
  const packed = ownRoom(scratch, <usize> (taps * 24 + 63 & ~63) + FORWARD_TILE * plane);
  const rows = packed + <usize> (taps * 24 + 63 & ~63);
  const outRow: usize = p.outWidth * pixel, outPlane: usize = p.outHeight * outRow;
  const total = s.outputs * p.outHeight;
  let done = 0;
  for (let output = 0, tile = FORWARD_TILE; output < s.outputs; output += tile) {
    if (s.outputs - output < FORWARD_TILE) tile = 1;
    const w = weight + <usize> (output * taps * 4), b = bias ? bias + (output << 2) : 0;
    if (tile > 1) packSix(w, taps * 4, taps, packed);
    for (let pooledRow = 0; pooledRow < p.outHeight; pooledRow++, done += tile) {
      if (!isMine(done, total)) continue;
      for (let i = 0; i < p.windowHeight; i++) {
        const xRow = x + <usize> ((pooledRow * p.strideHeight + i) * s.strideHeight * s.width) * pixel;
        for (let j = 0; j < width; j++) {
          let from = xRow + <usize> (j * s.strideWidth) * pixel, to = rows + i * rowBytes + j * pixel;
          const end = from + pixel;
          if (tile > 1) {
            for (; from < end; from += 32, to += 32) forwardTile(from, packed, b, to, plane, s);
          } else {
            for (; from + 128 <= end; from += 128, to += 128) forwardRow(from, w, b, to, s);
            for (; from < end; from += 32, to += 32) forwardSingle(from, w, b, to, s);
          }
        }
      }
      for (let k = 0; k < tile; k++) {
        const at = (output + k) * outPlane + pooledRow * outRow;
        poolRow(rows + k * plane, y + at, winner ? winner + at : 0, rowBytes, pixel, p);
      }
    }
  }
}

export function livingPooledConvForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  winner: usize,
  living: usize,
  scratch: usize,
  conv: usize,
  pool: usize,
): void {
  const s = changetype<ConvShape>(conv), p = changetype<PoolShape>(pool);
  const pixel: usize = s.pixel, width = pooledWidth(p), rowBytes: usize = width * pixel;
  const packed = ownRoom(scratch, <usize> (s.taps * 24 + 63 & ~63) + p.windowHeight * rowBytes);
  const rows = packed + <usize> (s.taps * 24 + 63 & ~63);
  const outRow: usize = p.outWidth * pixel;
  for (let output = 0; output < s.outputs; output++) {
    const count = packLiving(living, output, weight, packed, s), b = bias ? bias + (output << 2) : 0;
    for (let pooledRow = 0; pooledRow < p.outHeight; pooledRow++) {
      if (!isMine(output * p.outHeight + pooledRow, s.outputs * p.outHeight)) continue;
      for (let i = 0; i < p.windowHeight; i++) {
        const xRow = x + <usize> ((pooledRow * p.strideHeight + i) * s.strideHeight * s.width) * pixel;
        for (let j = 0; j < width; j++) {
          let from = xRow + <usize> (j * s.strideWidth) * pixel, to = rows + i * rowBytes + j * pixel;
          const end = from + pixel;
          for (; from + 128 <= end; from += 128, to += 128) livingRow(from, packed, count, b, to);
          for (; from < end; from += 32, to += 32) livingSingle(from, packed, count, b, to);
        }
      }
      const at = (output * p.outHeight + pooledRow) * outRow;
      poolRow(rows, y + at, winner ? winner + at : 0, rowBytes, pixel, p);
    }
  }
}
