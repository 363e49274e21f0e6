/** ReLU. */

/** x and y [count]. */
export function reluForward(x: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0), end = x + (<usize> count << 2);
  for (; x < end; x += 16, y += 16) v128.store(y, f32x4.max(v128.load(x), zero));
}

/** y, dy and dx [count]. */
export function reluGradient(y: usize, dy: usize, dx: usize, count: i32): void {
  const zero = f32x4.splat(0), end = y + (<usize> count << 2);
  for (; y < end; y += 16, dy += 16, dx += 16) v128.store(dx, v128.and(f32x4.gt(v128.load(y), zero), v128.load(dy)));
}
