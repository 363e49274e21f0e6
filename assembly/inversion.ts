/** The image inversion attack: its losses, and the steps that change the images. Each lane is an image of its own. */
import { nextShare, sharesOf } from "./shares";
import { imageLanes } from "./simd";
import { clip, doubt } from "./update";

/** Lanes of a share: a line of the cache. Vectors of a share where lanes do not matter. */
const LANES = 16, VECTORS = 1024;

/** features, targets and dFeatures [count][lanes], losses [lanes]. */
export function featureLoss(
  features: usize,
  targets: usize,
  dFeatures: usize,
  losses: usize,
  count: i32,
  images: i32,
  lanes: i32,
  factor: f32,
): void {
  const pixel: usize = lanes << 2, end: usize = <usize> count * pixel;
  const zero = f32x4.splat(0), factors = f32x4.splat(factor);
  const shares = sharesOf(lanes, LANES);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    for (let lane = share * LANES; lane < min((share + 1) * LANES, lanes); lane += 4) {
      const at: usize = lane << 2, present = imageLanes(lane, images);
      let distance = zero, energy = zero;
      for (let i = at; i < end; i += pixel) {
        const target = v128.load(targets + i), difference = f32x4.sub(v128.load(features + i), target);
        distance = f32x4.add(distance, f32x4.mul(difference, difference));
        energy = f32x4.add(energy, f32x4.mul(target, target));
      }
      const divisor = v128.bitselect(f32x4.splat(<f32> count), energy, f32x4.eq(energy, zero));
      v128.store(losses + at, v128.and(present, f32x4.div(f32x4.mul(factors, distance), divisor)));
      const slope = f32x4.div(f32x4.add(factors, factors), divisor);
      for (let i = at; i < end; i += pixel) {
        const difference = f32x4.sub(v128.load(features + i), v128.load(targets + i));
        v128.store(dFeatures + i, v128.and(present, f32x4.mul(slope, difference)));
      }
    }
  }
}

/** x and dx [channels][height][width][lanes], losses [lanes]. */
export function imagePriors(
  x: usize,
  dx: usize,
  losses: usize,
  channels: i32,
  height: i32,
  width: i32,
  lanes: i32,
  vertical: f32,
  horizontal: f32,
  square: f32,
): void {
  const pixel: usize = lanes << 2, row: usize = width * pixel;
  const v = f32x4.splat(vertical), h = f32x4.splat(horizontal), q = f32x4.splat(square);
  const shares = sharesOf(lanes, LANES);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    for (let lane: usize = share * LANES * 4; lane < min(<usize> ((share + 1) * LANES * 4), pixel); lane += 16) {
      let loss = v128.load(losses + lane), at = lane;
      for (let channel = 0; channel < channels; channel++) {
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++, at += pixel) {
            const value = v128.load(x + at);
            let slope = f32x4.mul(q, value);
            loss = f32x4.add(loss, f32x4.mul(slope, value));
            if (i > 0) {
              const difference = f32x4.sub(value, v128.load(x + at - row)), weighted = f32x4.mul(v, difference);
              loss = f32x4.add(loss, f32x4.mul(weighted, difference));
              slope = f32x4.add(slope, weighted);
            }
            if (i < height - 1) slope = f32x4.add(slope, f32x4.mul(v, f32x4.sub(value, v128.load(x + at + row))));
            if (j > 0) {
              const difference = f32x4.sub(value, v128.load(x + at - pixel)), weighted = f32x4.mul(h, difference);
              loss = f32x4.add(loss, f32x4.mul(weighted, difference));
              slope = f32x4.add(slope, weighted);
            }
            if (j < width - 1) slope = f32x4.add(slope, f32x4.mul(h, f32x4.sub(value, v128.load(x + at + pixel))));
            v128.store(dx + at, f32x4.add(v128.load(dx + at), f32x4.add(slope, slope)));
          }
        }
      }
      v128.store(losses + lane, loss);
    }
  }
}

/** x and dx [count]. */
export function signStep(x: usize, dx: usize, count: i32, rate: f32, low: f32, high: f32): void {
  const zero = f32x4.splat(0),
    step = f32x4.splat(rate),
    bytes: usize = count << 2,
    shares = sharesOf(count, 4 * VECTORS);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min(<usize> ((share + 1) * VECTORS) << 4, bytes);
    for (let at: usize = (share * VECTORS) << 4; at < end; at += 16) {
      const slope = v128.load(dx + at);
      const down = v128.and(f32x4.gt(slope, zero), step), up = v128.and(f32x4.lt(slope, zero), step);
      const moved = clip(f32x4.add(f32x4.sub(v128.load(x + at), down), up), low, high);
      v128.store(x + at, f32x4.sub(moved, doubt(slope)));
    }
  }
}
