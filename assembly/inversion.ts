/** The image inversion attack: its losses, and the steps that change the images; and the loss of a learned decoder. Each lane is an image of its own. */
import { nextShare, sharesOf } from "./shares";

/** Lanes of a share: a line of the cache. Vectors of a share where lanes do not matter. */
const LANES = 16, VECTORS = 1024;

/** -1 in those of the four lanes from `lane` on that hold an image. */
function imageLanes(lane: i32, images: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(lane), i32x4(0, 1, 2, 3)), i32x4.splat(images));
}

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

export function squaredError(
  y: usize,
  targets: usize,
  dY: usize,
  losses: usize,
  count: i32,
  images: i32,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2, end: usize = <usize> count * pixel, shares = sharesOf(lanes, LANES);
  const factor = f32x4.splat(<f32> (2 / (<f64> count * <f64> images))), counts = f32x4.splat(<f32> count);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    for (let lane = share * LANES; lane < min((share + 1) * LANES, lanes); lane += 4) {
      const at: usize = lane << 2, present = imageLanes(lane, images);
      let distance = f32x4.splat(0);
      for (let i = at; i < end; i += pixel) {
        const difference = f32x4.sub(v128.load(y + i), v128.load(targets + i));
        distance = f32x4.add(distance, f32x4.mul(difference, difference));
        v128.store(dY + i, v128.and(present, f32x4.mul(factor, difference)));
      }
      v128.store(losses + at, v128.and(present, f32x4.div(distance, counts)));
    }
  }
}

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

function clip(x: v128, low: f32, high: f32): v128 {
  return f32x4.min(f32x4.max(x, f32x4.splat(low)), f32x4.splat(high));
}

/**
 * 0; NaN where x is NaN or infinite: what is less by it changes no bit, or is no number. A step along such a gradient
 * must not pass for one that stayed.
 */
function doubt(x: v128): v128 {
  return f32x4.sub(x, x);
}

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

export function adamStep(
  x: usize,
  dx: usize,
  m: usize,
  v: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  scale1: f32,
  scale2: f32,
  low: f32,
  high: f32,
): void {
  const bytes: usize = count << 2, shares = sharesOf(count, 4 * VECTORS);
  const keep1 = f32x4.splat(beta1), take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2), take2 = f32x4.splat(1 - beta2);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min(<usize> ((share + 1) * VECTORS) << 4, bytes);
    for (let at: usize = (share * VECTORS) << 4; at < end; at += 16) {
      const slope = v128.load(dx + at);
      const first = f32x4.add(f32x4.mul(keep1, v128.load(m + at)), f32x4.mul(take1, slope));
      const second = f32x4.add(f32x4.mul(keep2, v128.load(v + at)), f32x4.mul(take2, f32x4.mul(slope, slope)));
      v128.store(m + at, first);
      v128.store(v + at, second);
      const spread = f32x4.add(f32x4.sqrt(f32x4.mul(second, f32x4.splat(scale2))), f32x4.splat(epsilon));
      const step = f32x4.div(f32x4.mul(f32x4.splat(rate), f32x4.mul(first, f32x4.splat(scale1))), spread);
      v128.store(x + at, f32x4.sub(clip(f32x4.sub(v128.load(x + at), step), low, high), doubt(second)));
    }
  }
}
