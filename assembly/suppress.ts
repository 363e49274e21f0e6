/** The mask updates of a suppress operation over one layer. */
import { threefry } from "./draws";

const WEIGHT_LOWER_BOUND: f32 = 0.005;
const NOISE_BOUND: f32 = 0.5;

/** What carries a weight from where it is to the same side of 0 at `bound`, over the rate. */
function pull(weight: f32, bound: f32, rate: f32): f32 {
  return (weight - (weight > 0 ? bound : -bound)) / rate;
}

/** weight and deWeight [count], mask int32 [count]. */
export function suppressExact(
  weight: usize,
  mask: usize,
  deWeight: usize,
  count: i32,
  stop: i32,
  minNum: i32,
  threshold: f32,
  rate: f32,
  lowerClip: i32,
  addNoise: i32,
  upperBound: f32,
  seed: i32,
  stream: i32,
): i32 {
  let suppressed = 0;
  for (let i = 0; i < count; i++) {
    const at: usize = i << 2;
    const w = load<f32>(weight + at), magnitude = abs(w);
    let kept = -1, change: f32 = 0;
    if (!load<i32>(mask + at)) {
      kept = 0;
    } else if (magnitude <= threshold) {
      if (suppressed < count - minNum && suppressed < stop) kept = 0;
      else change = pull(w, min(WEIGHT_LOWER_BOUND, threshold), rate);
    } else if (lowerClip && magnitude <= WEIGHT_LOWER_BOUND && threshold > WEIGHT_LOWER_BOUND * 0.5) {
      change = pull(w, WEIGHT_LOWER_BOUND, rate);
    } else if (magnitude > upperBound) {
      change = pull(w, upperBound, rate);
    } else if (addNoise && magnitude > NOISE_BOUND) {
      const word = <u32> threefry(seed, stream, i, 0);
      change = <f32> (-0.1 + 0.2 * (<f64> word / 4294967296.0)) / rate;
    }
    if (!kept) {
      suppressed++;
      change = w / rate;
    }
    store<i32>(mask + at, kept);
    store<f32>(deWeight + at, change);
  }
  return suppressed;
}

/** weight and deWeight [count], mask int32 [count]. */
export function suppressApproximate(
  weight: usize,
  mask: usize,
  deWeight: usize,
  count: i32,
  threshold: f32,
  rate: f32,
): i32 {
  let suppressed = 0;
  for (let i = 0; i < count; i++) {
    const at: usize = i << 2;
    const w = load<f32>(weight + at), masked = abs(w) <= threshold;
    store<i32>(mask + at, masked ? 0 : -1);
    store<f32>(deWeight + at, masked ? w / rate : 0);
    suppressed += i32(masked);
  }
  return suppressed;
}

/** mask int32 [count]. */
export function countSuppressed(mask: usize, count: i32): i32 {
  let suppressed = 0;
  for (const end = mask + (<usize> count << 2); mask < end; mask += 4) suppressed += i32(!load<i32>(mask));
  return suppressed;
}
