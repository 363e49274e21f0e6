/**
 * Batch normalisation. A share is a unit: a channel or a feature, `[places][lanes]` side by side. Sums are float64:
 * small variances around large means are told, and a fused multiply-add makes no difference.
 */
import { nextShare } from "./shares";
import { clearLanes, imageLanes } from "./simd";

/** The lower and the upper half of four floats. */
function lower(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** total + v, the four floats as two. @inline */
function plus(total: v128, v: v128): v128 {
  return f64x2.add(total, f64x2.add(lower(v), upper(v)));
}

/** total + a * b, likewise. @inline */
function plusProduct(total: v128, a: v128, b: v128): v128 {
  return f64x2.add(total, f64x2.add(f64x2.mul(lower(a), lower(b)), f64x2.mul(upper(a), upper(b))));
}

function halves(total: v128): f64 {
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/** 1 / sqrt(variance + epsilon). */
function inverse(variance: usize, unit: i32, epsilon: f32): f64 {
  return 1 / sqrt(<f64> load<f32>(variance + (unit << 2)) + <f64> epsilon);
}

/** x `[units][places][lanes]`, mean and variance `[units]`. */
export function batchStatistics(
  x: usize,
  mean: usize,
  variance: usize,
  units: i32,
  places: i32,
  images: i32,
  lanes: i32,
): void {
  const row: usize = lanes << 2, size: usize = places * row, whole: usize = (images & ~3) << 2;
  const rest = images & 3, some = imageLanes(0, rest), count = <f64> places * <f64> images;
  let unit = 0;
  while ((unit = nextShare(units)) < units) {
    const begin = x + unit * size, last = begin + size;
    let total = f64x2.splat(0);
    for (let from = begin; from < last; from += row) {
      let at = from;
      for (const end = from + whole; at < end; at += 16) total = plus(total, v128.load(at));
      if (rest) total = plus(total, v128.and(v128.load(at), some));
    }
    const middle = <f32> (halves(total) / count), middles = f32x4.splat(middle);
    total = f64x2.splat(0);
    for (let from = begin; from < last; from += row) {
      let at = from;
      for (const end = from + whole; at < end; at += 16) {
        const off = f32x4.sub(v128.load(at), middles);
        total = plusProduct(total, off, off);
      }
      if (rest) {
        const off = v128.and(f32x4.sub(v128.load(at), middles), some);
        total = plusProduct(total, off, off);
      }
    }
    store<f32>(mean + (unit << 2), middle);
    store<f32>(variance + (unit << 2), <f32> (halves(total) / count));
  }
}

/** x and y `[units][places][lanes]`; mean, variance, weight and bias `[units]`. */
export function batchNormForward(
  x: usize,
  mean: usize,
  variance: usize,
  weight: usize,
  bias: usize,
  y: usize,
  units: i32,
  places: i32,
  lanes: i32,
  epsilon: f32,
): void {
  const size: usize = (places * lanes) << 2;
  let unit = 0;
  while ((unit = nextShare(units)) < units) {
    const place: usize = unit << 2, middles = f32x4.splat(load<f32>(mean + place));
    const scale = f32x4.splat(<f32> (<f64> load<f32>(weight + place) * inverse(variance, unit, epsilon)));
    const shift = f32x4.splat(load<f32>(bias + place));
    let at: usize = unit * size;
    for (const end = at + size; at < end; at += 16) {
      v128.store(y + at, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x + at), middles), scale), shift));
    }
  }
}

/** x and dy `[units][places][lanes]`; mean, variance, dWeight and dBias `[units]`. */
export function batchNormParameterGradients(
  x: usize,
  mean: usize,
  variance: usize,
  dy: usize,
  dWeight: usize,
  dBias: usize,
  units: i32,
  places: i32,
  lanes: i32,
  epsilon: f32,
): void {
  const size: usize = (places * lanes) << 2;
  let unit = 0;
  while ((unit = nextShare(units)) < units) {
    const place: usize = unit << 2, middles = f32x4.splat(load<f32>(mean + place));
    let total = f64x2.splat(0), product = f64x2.splat(0), at: usize = unit * size;
    for (const end = at + size; at < end; at += 16) {
      const slope = v128.load(dy + at);
      total = plus(total, slope);
      product = plusProduct(product, slope, f32x4.sub(v128.load(x + at), middles));
    }
    store<f32>(dWeight + place, <f32> (halves(product) * inverse(variance, unit, epsilon)));
    store<f32>(dBias + place, <f32> halves(total));
  }
}

/** x, dy and dx `[units][places][lanes]`; mean, variance, weight, dWeight and dBias `[units]`. */
export function batchNormInputGradient(
  x: usize,
  mean: usize,
  variance: usize,
  weight: usize,
  dWeight: usize,
  dBias: usize,
  dy: usize,
  dx: usize,
  units: i32,
  places: i32,
  images: i32,
  lanes: i32,
  epsilon: f32,
): void {
  const row: usize = lanes << 2, size: usize = places * row, count = <f64> places * <f64> images;
  let unit = 0;
  while ((unit = nextShare(units)) < units) {
    const place: usize = unit << 2, middles = f32x4.splat(load<f32>(mean + place));
    const over = inverse(variance, unit, epsilon), scale = <f64> load<f32>(weight + place) * over;
    const share = images ? -scale / count : 0;
    const a = f32x4.splat(<f32> scale), b = f32x4.splat(<f32> (share * over * <f64> load<f32>(dWeight + place)));
    const c = f32x4.splat(<f32> (share * <f64> load<f32>(dBias + place)));
    let at: usize = unit * size;
    for (const end = at + size; at < end; at += 16) {
      const off = f32x4.sub(v128.load(x + at), middles);
      v128.store(dx + at, f32x4.add(f32x4.mul(a, v128.load(dy + at)), f32x4.add(f32x4.mul(b, off), c)));
    }
    if (images) clearLanes(dx + unit * size, places, images, lanes, row);
  }
}
