/**
 * Softmax cross entropy, whose sums and exponentials are float64 (there are few of them, and they are the same in every
 * runtime), and the squared error.
 */
import { exponential, logarithm } from "./math";
import { nextShare, sharesOf } from "./shares";
import { clearLanes, imageLanes } from "./simd";

/** log of the sum of exp(logit) over the classes, stable. */
function logSumExp(logits: usize, classes: i32, pixel: usize): f64 {
  let largest = load<f32>(logits);
  for (let c = 1; c < classes; c++) largest = max(largest, load<f32>(logits + c * pixel));
  let total: f64 = 0;
  for (let c = 0; c < classes; c++) total += exponential(<f64> load<f32>(logits + c * pixel) - <f64> largest);
  return <f64> largest + logarithm(total);
}

/** Lanes of a share, and of one that goes by vectors: a line of the cache. */
const SHARE = 8, LINE = 16;

/** logits [classes][lanes], labels int32 [lanes], dLogits [classes][lanes] or 0, losses [lanes]. */
export function softmaxCrossEntropy(
  logits: usize,
  labels: usize,
  dLogits: usize,
  losses: usize,
  classes: i32,
  images: i32,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2, shares = sharesOf(lanes, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min((share + 1) * SHARE, lanes);
    let image = share * SHARE;
    for (; image < min(end, images); image++) {
      const lane: usize = image << 2;
      const label = load<i32>(labels + lane);
      const normalizer = logSumExp(logits + lane, classes, pixel);
      store<f32>(losses + lane, <f32> (normalizer - <f64> load<f32>(logits + lane + label * pixel)));
      if (!dLogits) continue;
      for (let c = 0; c < classes; c++) {
        const at = lane + c * pixel;
        const probability = exponential(<f64> load<f32>(logits + at) - normalizer);
        store<f32>(dLogits + at, <f32> ((probability - (c == label ? 1 : 0)) / <f64> images));
      }
    }
    clearLanes(losses, 1, image, end, pixel);
    if (dLogits) clearLanes(dLogits, classes, image, end, pixel);
  }
}

/** logits and targets [classes][lanes], dLogits [classes][lanes] or 0, losses [lanes]. */
export function softmaxCrossEntropyOneHot(
  logits: usize,
  targets: usize,
  dLogits: usize,
  losses: usize,
  classes: i32,
  images: i32,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2, shares = sharesOf(lanes, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min((share + 1) * SHARE, lanes);
    let image = share * SHARE;
    for (; image < min(end, images); image++) {
      const lane: usize = image << 2;
      const normalizer = logSumExp(logits + lane, classes, pixel);
      let mass: f64 = 0, loss: f64 = 0;
      for (let c = 0; c < classes; c++) {
        const target: f64 = load<f32>(targets + lane + c * pixel);
        mass += target;
        loss += target * (normalizer - <f64> load<f32>(logits + lane + c * pixel));
      }
      store<f32>(losses + lane, <f32> loss);
      if (!dLogits) continue;
      for (let c = 0; c < classes; c++) {
        const at = lane + c * pixel;
        const probability = exponential(<f64> load<f32>(logits + at) - normalizer);
        store<f32>(dLogits + at, <f32> ((mass * probability - <f64> load<f32>(targets + at)) / <f64> images));
      }
    }
    clearLanes(losses, 1, image, end, pixel);
    if (dLogits) clearLanes(dLogits, classes, image, end, pixel);
  }
}

/** y, targets and dY [count][lanes], losses [lanes]. */
export function squaredError(
  y: usize,
  targets: usize,
  dY: usize,
  losses: usize,
  count: i32,
  images: i32,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2, end: usize = <usize> count * pixel, shares = sharesOf(lanes, LINE);
  const factor = f32x4.splat(<f32> (2 / (<f64> count * <f64> images))), counts = f32x4.splat(<f32> count);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    for (let lane = share * LINE; lane < min((share + 1) * LINE, lanes); lane += 4) {
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
