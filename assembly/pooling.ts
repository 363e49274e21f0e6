/** Maximum and mean over windows. A share is a channel. */
import { nextShare } from "./shares";

// @ts-ignore: decorator
@unmanaged
export class PoolShape {
  channels: i32;
  height: i32;
  width: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  lanes: i32;

  get outHeight(): i32 {
    return (this.height - this.windowHeight) / this.strideHeight + 1;
  }
  get outWidth(): i32 {
    return (this.width - this.windowWidth) / this.strideWidth + 1;
  }
  /** Where the window of an output pixel begins, in bytes. */
  @inline
  windowAt(channel: i32, row: i32, column: i32): usize {
    return ((channel * this.height + row * this.strideHeight) * this.width + column * this.strideWidth) * this.lanes *
      4;
  }
}

/** Where the value exceeds the best so far, or is NaN, which then stays: a maximum passes over none. @inline */
export function isGreater(value: v128, best: v128): v128 {
  return v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
}

/** x [channels][height][width][lanes], y and winner (int32) [channels][outHeight][outWidth][lanes]. */
export function maxPoolForward(x: usize, y: usize, winner: usize, shape: usize): void {
  const s = changetype<PoolShape>(shape), outHeight = s.outHeight, outWidth = s.outWidth;
  const pixel: usize = s.lanes << 2, row: usize = s.width * pixel;
  let channel = 0;
  while ((channel = nextShare(s.channels)) < s.channels) {
    let at: usize = <usize> (channel * outHeight * outWidth) * pixel;
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const window = x + s.windowAt(channel, i, j);
        for (let lane: usize = 0; lane < pixel; lane += 16, at += 16) {
          let best = v128.load(window + lane), place = i32x4.splat(0), tap = 0;
          for (let h = 0; h < s.windowHeight; h++) {
            let p = window + h * row + lane;
            for (let w = 0; w < s.windowWidth; w++, tap++, p += pixel) {
              const value = v128.load(p), greater = isGreater(value, best);
              best = v128.bitselect(value, best, greater);
              place = v128.bitselect(i32x4.splat(tap), place, greater);
            }
          }
          v128.store(y + at, best);
          v128.store(winner + at, place);
        }
      }
    }
  }
}

/** dy and winner (int32) [channels][outHeight][outWidth][lanes], dx [channels][height][width][lanes]. */
export function maxPoolGradient(dy: usize, winner: usize, dx: usize, shape: usize): void {
  const s = changetype<PoolShape>(shape), outHeight = s.outHeight, outWidth = s.outWidth;
  const pixel: usize = s.lanes << 2, row: usize = s.width * pixel;
  let channel = 0;
  while ((channel = nextShare(s.channels)) < s.channels) {
    let at: usize = <usize> (channel * outHeight * outWidth) * pixel;
    memory.fill(dx + <usize> (channel * s.height) * row, 0, s.height * row);
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const window = dx + s.windowAt(channel, i, j);
        for (let lane: usize = 0; lane < pixel; lane += 16, at += 16) {
          const gradient = v128.load(dy + at), place = v128.load(winner + at);
          let tap = 0;
          for (let h = 0; h < s.windowHeight; h++) {
            let p = window + h * row + lane;
            for (let w = 0; w < s.windowWidth; w++, tap++, p += pixel) {
              const won = i32x4.eq(place, i32x4.splat(tap));
              v128.store(p, f32x4.add(v128.load(p), v128.and(won, gradient)));
            }
          }
        }
      }
    }
  }
}

/** x [channels][height][width][lanes], y [channels][outHeight][outWidth][lanes]. */
export function averagePoolForward(x: usize, y: usize, shape: usize): void {
  const s = changetype<PoolShape>(shape), outHeight = s.outHeight, outWidth = s.outWidth;
  const pixel: usize = s.lanes << 2, row: usize = s.width * pixel;
  const size = f32x4.splat(<f32> (s.windowHeight * s.windowWidth));
  let channel = 0;
  while ((channel = nextShare(s.channels)) < s.channels) {
    let at: usize = <usize> (channel * outHeight * outWidth) * pixel;
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const window = x + s.windowAt(channel, i, j);
        for (let lane: usize = 0; lane < pixel; lane += 16, at += 16) {
          let total = f32x4.splat(0);
          for (let h = 0; h < s.windowHeight; h++) {
            let p = window + h * row + lane;
            for (let w = 0; w < s.windowWidth; w++, p += pixel) total = f32x4.add(total, v128.load(p));
          }
          v128.store(y + at, f32x4.div(total, size));
        }
      }
    }
  }
}

/** dy [channels][outHeight][outWidth][lanes], dx [channels][height][width][lanes]. */
export function averagePoolGradient(dy: usize, dx: usize, shape: usize): void {
  const s = changetype<PoolShape>(shape), outHeight = s.outHeight, outWidth = s.outWidth;
  const pixel: usize = s.lanes << 2, row: usize = s.width * pixel;
  const size = f32x4.splat(<f32> (s.windowHeight * s.windowWidth));
  let channel = 0;
  while ((channel = nextShare(s.channels)) < s.channels) {
    let at: usize = <usize> (channel * outHeight * outWidth) * pixel;
    memory.fill(dx + <usize> (channel * s.height) * row, 0, s.height * row);
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const window = dx + s.windowAt(channel, i, j);
        for (let lane: usize = 0; lane < pixel; lane += 16, at += 16) {
          const share = f32x4.div(v128.load(dy + at), size);
          for (let h = 0; h < s.windowHeight; h++) {
            let p = window + h * row + lane;
            for (let w = 0; w < s.windowWidth; w++, p += pixel) v128.store(p, f32x4.add(v128.load(p), share));
          }
        }
      }
    }
  }
}
