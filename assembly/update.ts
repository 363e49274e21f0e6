/**
 * The optimizers' updates. Suppressed weights and their velocity are exactly 0 afterwards. Four weights at a time,
 * the rest one by one.
 */
import { nextShare, sharesOf } from "./shares";

/** Weights of a share. */
const SHARE = 4096;

/** weight - rate * step - rate * deWeight, 0 where masked. @inline */
function updateFour(weight: usize, step: v128, mask: usize, deWeight: usize, rate: v128): void {
  let w = f32x4.sub(v128.load(weight), f32x4.mul(rate, step));
  if (deWeight) w = f32x4.sub(w, f32x4.mul(rate, v128.load(deWeight)));
  if (mask) w = v128.and(w, v128.load(mask));
  v128.store(weight, w);
}

function updateOne(weight: usize, step: f32, mask: usize, deWeight: usize, rate: f32): void {
  let w = load<f32>(weight) - rate * step;
  if (deWeight) w -= rate * load<f32>(deWeight);
  store<f32>(weight, mask && !load<i32>(mask) ? 0 : w);
}

/** weight and gradient [count], mask int32 [count] or 0, deWeight [count] or 0. */
export function sgd(weight: usize, gradient: usize, mask: usize, deWeight: usize, count: i32, rate: f32): void {
  const rates = f32x4.splat(rate), shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const last = min((share + 1) * SHARE, count);
    let at: usize = share * SHARE * 4;
    for (const end: usize = (last & ~3) << 2; at < end; at += 16) {
      updateFour(weight + at, v128.load(gradient + at), mask ? mask + at : 0, deWeight ? deWeight + at : 0, rates);
    }
    for (const end: usize = last << 2; at < end; at += 4) {
      updateOne(weight + at, load<f32>(gradient + at), mask ? mask + at : 0, deWeight ? deWeight + at : 0, rate);
    }
  }
}

/** weight, gradient and velocity [count], mask int32 [count] or 0, deWeight [count] or 0. */
export function momentum(
  weight: usize,
  gradient: usize,
  velocity: usize,
  mask: usize,
  deWeight: usize,
  count: i32,
  rate: f32,
  momentum: f32,
): void {
  const rates = f32x4.splat(rate), factors = f32x4.splat(momentum), shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const last = min((share + 1) * SHARE, count);
    let at: usize = share * SHARE * 4;
    for (const end: usize = (last & ~3) << 2; at < end; at += 16) {
      let v = f32x4.add(f32x4.mul(factors, v128.load(velocity + at)), v128.load(gradient + at));
      if (mask) v = v128.and(v, v128.load(mask + at));
      v128.store(velocity + at, v);
      updateFour(weight + at, v, mask ? mask + at : 0, deWeight ? deWeight + at : 0, rates);
    }
    for (const end: usize = last << 2; at < end; at += 4) {
      let v = momentum * load<f32>(velocity + at) + load<f32>(gradient + at);
      if (mask && !load<i32>(mask + at)) v = 0;
      store<f32>(velocity + at, v);
      updateOne(weight + at, v, mask ? mask + at : 0, deWeight ? deWeight + at : 0, rate);
    }
  }
}

/** a, b and out [count]. */
export function scaledSum(a: usize, b: usize, out: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor), shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const last = min((share + 1) * SHARE, count);
    let at: usize = share * SHARE * 4;
    for (const end: usize = (last & ~3) << 2; at < end; at += 16) {
      v128.store(out + at, f32x4.mul(f32x4.add(v128.load(a + at), v128.load(b + at)), factors));
    }
    for (const end: usize = last << 2; at < end; at += 4) {
      store<f32>(out + at, (load<f32>(a + at) + load<f32>(b + at)) * factor);
    }
  }
}

/** weight [count], mask int32 [count]. */
export function applyMask(weight: usize, mask: usize, count: i32): void {
  const shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const last = min((share + 1) * SHARE, count);
    let at: usize = share * SHARE * 4;
    for (const end: usize = (last & ~3) << 2; at < end; at += 16) {
      v128.store(weight + at, v128.and(v128.load(weight + at), v128.load(mask + at)));
    }
    for (const end: usize = last << 2; at < end; at += 4) {
      store<i32>(weight + at, load<i32>(weight + at) & load<i32>(mask + at));
    }
  }
}

/** Within the bounds; NaN stays. @inline */
export function clip(x: v128, low: f32, high: f32): v128 {
  return f32x4.min(f32x4.max(x, f32x4.splat(low)), f32x4.splat(high));
}

/**
 * 0; NaN where x is NaN or infinite: what is less by it changes no bit, or is no number. A step along such a gradient
 * must not pass for one that stayed.
 */
export function doubt(x: v128): v128 {
  return f32x4.sub(x, x);
}

/** x, dx, m and v [count]. */
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
  const bytes: usize = count << 2, shares = sharesOf(count, SHARE);
  const keep1 = f32x4.splat(beta1), take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2), take2 = f32x4.splat(1 - beta2);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min(<usize> ((share + 1) * SHARE) << 2, bytes);
    for (let at: usize = (share * SHARE) << 2; at < end; at += 16) {
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
