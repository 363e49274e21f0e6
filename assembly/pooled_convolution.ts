/**
 * Convolution, ReLU and max-pool as one: the convolution's output exists only for the rows of one window at a time, and
 * of the pooled output the winner's place is kept, or -1 where ReLU leaves nothing.
 */
import {
  ConvShape,
  firstOfTile,
  FORWARD_TILE,
  forwardPixel,
  forwardPixelOfSix,
  PACKED_SIX,
  packWeights,
  tilesOf,
} from "./convolution";
import { firstOfOutput, packLiving } from "./living";
import { isGreater, PoolShape } from "./pooling";
import { nextShare, ownRoom } from "./shares";

/** Pools one output's rows `[windowHeight][outWidth][lanes]` to a row of y, with ReLU. */
export function poolRow(rows: usize, y: usize, winner: usize, rowBytes: usize, pixel: usize, p: PoolShape): void {
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
          const value = v128.load(at), greater = isGreater(value, best);
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
export function pooledWidth(p: PoolShape): i32 {
  return (p.outWidth - 1) * p.strideWidth + p.windowWidth;
}

/**
 * The two kernels in one: where `living` is 0 with all weights, tile by tile; else with those alone that it lists,
 * output by output.
 */
export function pooledForward(
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
  const s = changetype<ConvShape>(conv), p = changetype<PoolShape>(pool), outHeight = p.outHeight;
  const taps = s.taps, pixel: usize = s.pixel, width = pooledWidth(p), rowBytes: usize = width * pixel;
  const plane = p.windowHeight * rowBytes;
  const packed = ownRoom(scratch, <usize> (taps * PACKED_SIX + 63 & ~63) + FORWARD_TILE * plane);
  const rows = packed + <usize> (taps * PACKED_SIX + 63 & ~63);
  const outRow: usize = p.outWidth * pixel, outPlane: usize = outHeight * outRow;
  const shares = (living ? s.outputs : tilesOf(s.outputs)) * outHeight;
  let packedTile = -1, end = packed;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const tile = share / outHeight, pooledRow = share % outHeight;
    const output = living ? tile : firstOfTile(tile, s.outputs);
    const size = living ? 1 : firstOfTile(tile + 1, s.outputs) - output;
    if (tile != packedTile) {
      end = living
        ? packLiving(firstOfOutput(living, output, s), firstOfOutput(living, output + 1, s), weight, packed)
        : packWeights(weight + <usize> (output * taps * 4), size, packed, s);
    }
    packedTile = tile;
    const b = bias ? bias + (output << 2) : 0;
    for (let i = 0; i < p.windowHeight; i++) {
      const xRow = x + <usize> ((pooledRow * p.strideHeight + i) * s.strideHeight * s.width) * pixel;
      for (let j = 0; j < width; j++) {
        const from = xRow + <usize> (j * s.strideWidth) * pixel, to = rows + i * rowBytes + j * pixel;
        if (size > 1) forwardPixelOfSix(from, packed, end, b, to, pixel, plane);
        else forwardPixel(from, packed, end, b, to, pixel);
      }
    }
    for (let k = 0; k < size; k++) {
      const at = (output + k) * outPlane + pooledRow * outRow;
      poolRow(rows + k * plane, y + at, winner ? winner + at : 0, rowBytes, pixel, p);
    }
  }
}

/**
 * x [channels][height][width][lanes], weight [outputs][channels][kernelHeight][kernelWidth], bias [outputs] or 0, y
 * and winner (int32, or 0) [outputs][pooledHeight][pooledWidth][lanes]; scratch: 7 * channels * kernelHeight *
 * kernelWidth floats, 6 outputs' rows of a pooling window, and 64 bytes.
 */
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
  pooledForward(x, weight, bias, y, winner, 0, scratch, conv, pool);
}
