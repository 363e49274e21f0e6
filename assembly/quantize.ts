/** Elements rounded to a few levels. */

/** x, y: `[count]`. */
export function quantizeForward(x: usize, y: usize, count: i32, bound: f32, scale: f32, step: f32): void {
  const zero = f32x4.splat(0), half = f32x4.splat(0.5), end = x + (<usize> count << 2);
  const bounds = f32x4.splat(bound), scales = f32x4.splat(scale), steps = f32x4.splat(step);
  for (; x < end; x += 16, y += 16) {
    const within = f32x4.min(f32x4.max(v128.load(x), zero), bounds);
    v128.store(y, f32x4.mul(f32x4.floor(f32x4.add(f32x4.mul(within, scales), half)), steps));
  }
}

/** x, dy, dx: `[count]`; dx may be dy. */
export function quantizeGradient(x: usize, dy: usize, dx: usize, count: i32, bound: f32): void {
  const zero = f32x4.splat(0), bounds = f32x4.splat(bound), end = x + (<usize> count << 2);
  for (; x < end; x += 16, dy += 16, dx += 16) {
    const value = v128.load(x), inside = v128.and(f32x4.ge(value, zero), f32x4.le(value, bounds));
    v128.store(dx, v128.and(inside, v128.load(dy)));
  }
}
