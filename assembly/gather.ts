/**
 * The input of a batch: uint8 images, resized bilinearly with OpenCV's arithmetic when they arrive, scaled and laid out
 * batch innermost for each batch.
 */

import { nextShare, sharesOf } from "./shares";

/** One destination row or column: the two source rows or columns it lies between and their 11-bit coefficients. */
// @ts-ignore: decorator
@unmanaged
class Tap {
  near: i32;
  far: i32;
  nearShare: i32;
  farShare: i32;
}

/** The taps of one axis. OpenCV resets the fraction at the edges of columns but not of rows. */
function prepareTaps(taps: usize, source: i32, size: i32, resetAtEdge: bool): void {
  const scale: f64 = 1.0 / (<f64> size / <f64> source);
  for (let i = 0; i < size; i++) {
    const position = <f32> ((<f64> i + 0.5) * scale - 0.5);
    let start = <i32> floor(position);
    let fraction = position - <f32> start;
    if (resetAtEdge && (start < 0 || start >= source - 1)) {
      start = start < 0 ? 0 : source - 1;
      fraction = 0;
    }
    const tap = changetype<Tap>(taps + (i << 4));
    tap.near = min(max(start, 0), source - 1);
    tap.far = min(max(start + 1, 0), source - 1);
    tap.nearShare = <i32> nearest((<f32> 1 - fraction) * 2048);
    tap.farShare = <i32> nearest(fraction * 2048);
  }
}

/**
 * images uint8 [planes][sourceHeight][sourceWidth], out uint8 [planes][height][width]; scratch: 4 * (height + width)
 * int32.
 */
export function resize(
  images: usize,
  out: usize,
  planes: i32,
  sourceHeight: i32,
  sourceWidth: i32,
  height: i32,
  width: i32,
  scratch: usize,
): void {
  const columns = scratch + (<usize> height << 4), sourcePlane: usize = sourceHeight * sourceWidth;
  prepareTaps(scratch, sourceHeight, height, false);
  prepareTaps(columns, sourceWidth, width, true);
  for (let plane = 0; plane < planes; plane++, images += sourcePlane) {
    for (let i = 0; i < height; i++) {
      const row = changetype<Tap>(scratch + (i << 4)), nearShare = row.nearShare, farShare = row.farShare;
      const above = images + row.near * sourceWidth, below = images + row.far * sourceWidth;
      for (let j = 0; j < width; j++, out++) {
        const column = changetype<Tap>(columns + (j << 4)), left: usize = column.near, right: usize = column.far;
        const top = load<u8>(above + left) * column.nearShare + load<u8>(above + right) * column.farShare;
        const bottom = load<u8>(below + left) * column.nearShare + load<u8>(below + right) * column.farShare;
        store<u8>(out, (((nearShare * (top >> 4)) >> 16) + ((farShare * (bottom >> 4)) >> 16) + 2) >> 2);
      }
    }
  }
}

/** Four pixels of four images, `at` bytes into each, to four rows of x. */
function gatherFour(a: usize, b: usize, c: usize, d: usize, x: usize, pixel: usize, scale: v128): void {
  let bytes = v128.load32_zero(a);
  bytes = v128.load32_lane(b, bytes, 1);
  bytes = v128.load32_lane(c, bytes, 2);
  bytes = v128.load32_lane(d, bytes, 3);
  bytes = v128.shuffle<i8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(x, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), scale));
  v128.store(x + pixel, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), scale));
  v128.store(x + 2 * pixel, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), scale));
  v128.store(x + 3 * pixel, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), scale));
}

/** Pixels of a share. */
const SHARE = 64;

/** images uint8 [...][size], indices int32 [count], x [size][lanes]. */
export function gather(images: usize, indices: usize, x: usize, count: i32, size: i32, lanes: i32, scale: f32): void {
  const pixel: usize = lanes << 2, scales = f32x4.splat(scale), fours = count & ~3, shares = sharesOf(size, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const begin = share * SHARE, end = min(begin + SHARE, size), evenEnd = begin + (end - begin & ~3);
    for (let lane = 0; lane < fours; lane += 4) {
      const index = indices + (lane << 2);
      const a = images + <usize> load<i32>(index) * size, b = images + <usize> load<i32>(index, 4) * size;
      const c = images + <usize> load<i32>(index, 8) * size, d = images + <usize> load<i32>(index, 12) * size;
      const to = x + (lane << 2);
      for (let at = begin; at < evenEnd; at += 4) {
        gatherFour(a + at, b + at, c + at, d + at, to + at * pixel, pixel, scales);
      }
    }
    for (let lane = 0; lane < count; lane++) {
      const image = images + <usize> load<i32>(indices + (lane << 2)) * size;
      for (let at = lane < fours ? evenEnd : begin; at < end; at++) {
        store<f32>(x + at * pixel + (lane << 2), <f32> load<u8>(image + at) * scale);
      }
    }
    if (count == lanes) continue;
    for (let at = begin; at < end; at++) memory.fill(x + at * pixel + (count << 2), 0, (lanes - count) << 2);
  }
}
