/** The logistic function, from float64 exponentials: the same in every runtime. */
import { nextShare, sharesOf } from "./shares";

/** Floats of a share. */
const SHARE = 1024;

/** x and y [count]. */
export function sigmoidForward(x: usize, y: usize, count: i32): void {
  const shares = sharesOf(count, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end: usize = min((share + 1) * SHARE, count) << 2;
    for (let at: usize = (share * SHARE) << 2; at < end; at += 4) {
      store<f32>(y + at, <f32> (1 / (1 + Math.exp(-<f64> load<f32>(x + at)))));
    }
  }
}

/** y, dy and dx [count]. */
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
