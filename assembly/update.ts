/** The optimizers' updates. Suppressed weights and their velocity are exactly 0 afterwards. Four weights at a time, the rest one by one. */
import { nextShare, sharesOf } from "./shares";

/** Weights of a share. */
const SHARE = 4096;

/** weight - rate * step - rate * deWeight, 0 where masked. */
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

// weight [count]; mask [count] int32
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
