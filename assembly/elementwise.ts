/**
 * Functions of single elements, and their gradients from x or y. Exponentials are of float64: the same in every
 * runtime.
 */
import { exponential } from "./math";
import { nextShare, sharesOf } from "./shares";

/** Floats of a share. */
const SHARE = 1024;

/** x, y: `[count]`, which may be one. */
export function reluForward(x: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0), end = x + (<usize> count << 2);
  for (; x < end; x += 16, y += 16) v128.store(y, f32x4.max(v128.load(x), zero));
}

/** y, dy, dx: `[count]`; dx may be dy. */
export function reluGradient(y: usize, dy: usize, dx: usize, count: i32): void {
  const zero = f32x4.splat(0), end = y + (<usize> count << 2);
  for (; y < end; y += 16, dy += 16, dx += 16) v128.store(dx, v128.and(f32x4.gt(v128.load(y), zero), v128.load(dy)));
}

/** x, y: `[count]`, which may be one. */
export function sigmoidForward(x: usize, y: usize, count: i32): void {
  const shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end: usize = min((share + 1) * SHARE, count) << 2;
    for (let at: usize = (share * SHARE) << 2; at < end; at += 4) {
      store<f32>(y + at, <f32> (1 / (1 + exponential(-<f64> load<f32>(x + at)))));
    }
  }
}

/** y, dy, dx: `[count]`; dx may be dy. */
export function sigmoidGradient(y: usize, dy: usize, dx: usize, count: i32): void {
  const one = f32x4.splat(1), shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end: usize = min((share + 1) * SHARE, count) << 2;
    for (let at: usize = (share * SHARE) << 2; at < end; at += 16) {
      const value = v128.load(y + at);
      const slope = f32x4.mul(value, f32x4.sub(one, value));
      v128.store(dx + at, f32x4.mul(v128.load(dy + at), slope));
    }
  }
}

/**
 * The first coefficients of a Chebyshev approximation of the complementary error function; with so many it is within
 * 1.2e-9 of it, relative. Source: Press et al., "Numerical Recipes", 3rd edition, 2007, 6.2.2.
 */
const TAIL = memory.data<f64>([
  -1.3026537197817094,
  6.4196979235649026e-1,
  1.9476473204185836e-2,
  -9.561514786808631e-3,
  -9.46595344482036e-4,
  3.66839497852761e-4,
  4.2523324806907e-5,
  -2.0278578112534e-5,
  -1.624290004647e-6,
  1.303655835580e-6,
  1.5626441722e-8,
  -8.5238095915e-8,
  6.529054439e-9,
  5.059343495e-9,
]);
const LAST_TAIL: usize = 13 << 3;
const SQRT_HALF: f64 = 0.7071067811865476, DENSITY_AT_0: f64 = 0.3989422804014327;

/** Phi(x), the share of the standard normal distribution below x. */
function distribution(x: f64): f64 {
  const z = abs(x) * SQRT_HALF, t = 2 / (2 + z), step = 4 * t - 2;
  let a: f64 = 0, b: f64 = 0;
  for (let at = LAST_TAIL; at > 0; at -= 8) {
    const next = step * a - b + load<f64>(TAIL + at);
    b = a;
    a = next;
  }
  const tail = 0.5 * t * exponential(-z * z + 0.5 * (load<f64>(TAIL) + step * a) - b);
  return x > 0 ? 1 - tail : tail;
}

/** x, y: `[count]`. */
export function geluForward(x: usize, y: usize, count: i32): void {
  const shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end: usize = min((share + 1) * SHARE, count) << 2;
    for (let at: usize = (share * SHARE) << 2; at < end; at += 4) {
      const value = <f64> load<f32>(x + at);
      store<f32>(y + at, <f32> (value * distribution(value)));
    }
  }
}

/** x, dy, dx: `[count]`; dx may be dy. */
export function geluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  const shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end: usize = min((share + 1) * SHARE, count) << 2;
    for (let at: usize = (share * SHARE) << 2; at < end; at += 4) {
      const value = <f64> load<f32>(x + at);
      const slope = distribution(value) + value * DENSITY_AT_0 * exponential(-0.5 * value * value);
      store<f32>(dx + at, <f32> (<f64> load<f32>(dy + at) * slope));
    }
  }
}
