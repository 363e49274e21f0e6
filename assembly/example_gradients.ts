/**
 * The squared lengths of each image's own gradient of a layer, and the clipping of images by them: the gradients
 * themselves are never stored. Four images are a vector, so nothing is summed over images.
 */
import { ConvShape } from "./convolution";
import { nextShare, ownRoom } from "./shares";
import { madd } from "./simd";

/** Bytes of four images. */
const VECTOR = 16;

/** The sum of squares of four images over `count` values, `pixel` bytes from one to the next. */
function squaresOf(x: usize, count: i32, pixel: usize): v128 {
  let total = f32x4.splat(0);
  for (const end = x + count * pixel; x < end; x += pixel) {
    const value = v128.load(x);
    total = madd(value, value, total);
  }
  return total;
}

/** x [inputs][lanes], dy [outputs][lanes], squares [lanes]. */
export function denseExampleSquares(
  x: usize,
  dy: usize,
  squares: usize,
  inputs: i32,
  outputs: i32,
  withBias: i32,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2, shares = lanes >> 2;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    // The gradient is the product of the two vectors: so is its length. A bias is the weight of an input of 1.
    const at: usize = share * VECTOR;
    const ones = f32x4.splat(withBias ? 1 : 0), xs = f32x4.add(squaresOf(x + at, inputs, pixel), ones);
    v128.store(squares + at, madd(squaresOf(dy + at, outputs, pixel), xs, v128.load(squares + at)));
  }
}

/** Copies four images of `count` values, `pixel` bytes apart, to lie side by side. */
function packVector(x: usize, pixel: usize, count: i32, out: usize): void {
  for (; count > 0; count--, x += pixel, out += VECTOR) v128.store(out, v128.load(x));
}

/**
 * The squares of the gradients of 5 neighbouring weights of two outputs, whose `dy` lie a plane apart; added to
 * `total`.
 *
 * @inline
 */
function fiveWeights(x: usize, dy: usize, plane: usize, s: ConvShape, total: v128): v128 {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0;
  const step: usize = s.strideWidth * VECTOR, run: usize = s.outWidth * VECTOR;
  const row: usize = s.strideHeight * s.width * VECTOR;
  for (let i = s.outHeight; i > 0; i--, x += row) {
    let p = x;
    for (const end = dy + run; dy < end; dy += VECTOR, p += step) {
      const a = v128.load(dy), b = v128.load(dy + plane);
      let v = v128.load(p);
      a0 = madd(v, a, a0);
      b0 = madd(v, b, b0);
      v = v128.load(p, 16);
      a1 = madd(v, a, a1);
      b1 = madd(v, b, b1);
      v = v128.load(p, 32);
      a2 = madd(v, a, a2);
      b2 = madd(v, b, b2);
      v = v128.load(p, 48);
      a3 = madd(v, a, a3);
      b3 = madd(v, b, b3);
      v = v128.load(p, 64);
      a4 = madd(v, a, a4);
      b4 = madd(v, b, b4);
    }
  }
  total = madd(a1, a1, madd(a0, a0, total));
  total = madd(a4, a4, madd(a3, a3, madd(a2, a2, total)));
  total = madd(b1, b1, madd(b0, b0, total));
  return madd(b4, b4, madd(b3, b3, madd(b2, b2, total)));
}

/** The same of one weight. @inline */
function oneWeight(x: usize, dy: usize, plane: usize, s: ConvShape, total: v128): v128 {
  let a0 = f32x4.splat(0), b0 = a0;
  const step: usize = s.strideWidth * VECTOR, run: usize = s.outWidth * VECTOR;
  const row: usize = s.strideHeight * s.width * VECTOR;
  for (let i = s.outHeight; i > 0; i--, x += row) {
    let p = x;
    for (const end = dy + run; dy < end; dy += VECTOR, p += step) {
      const v = v128.load(p);
      a0 = madd(v, v128.load(dy), a0);
      b0 = madd(v, v128.load(dy + plane), b0);
    }
  }
  return madd(b0, b0, madd(a0, a0, total));
}

/** The squares of the gradients of two biases; added to `total`. */
function twoBiases(dy: usize, plane: usize, total: v128): v128 {
  let a = f32x4.splat(0), b = a;
  for (const end = dy + plane; dy < end; dy += VECTOR) {
    a = f32x4.add(a, v128.load(dy));
    b = f32x4.add(b, v128.load(dy + plane));
  }
  return madd(b, b, madd(a, a, total));
}

/**
 * x [channels][height][width][lanes], dy [outputs][outHeight][outWidth][lanes], squares [lanes]; scratch: 16 bytes
 * for each of channels * height * width values and of 2 * outHeight * outWidth positions.
 */
export function convExampleSquares(
  x: usize,
  dy: usize,
  squares: usize,
  scratch: usize,
  withBias: i32,
  shape: usize,
): void {
  const s = changetype<ConvShape>(shape);
  const pixel: usize = s.pixel, pixels = s.channels * s.height * s.width, positions = s.outHeight * s.outWidth;
  const plane: usize = positions * VECTOR, shares = s.lanes >> 2;
  const xs = ownRoom(scratch, (pixels + 2 * positions) * VECTOR), dys = xs + <usize> (pixels * VECTOR);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const at: usize = share * VECTOR;
    let total = v128.load(squares + at);
    packVector(x + at, pixel, pixels, xs);
    for (let output = 0; output < s.outputs; output += 2) {
      packVector(dy + at + <usize> (output * positions) * pixel, pixel, positions, dys);
      if (output + 1 < s.outputs) {
        packVector(dy + at + <usize> ((output + 1) * positions) * pixel, pixel, positions, dys + plane);
      } else memory.fill(dys + plane, 0, plane);
      for (let channel = 0; channel < s.channels; channel++) {
        for (let i = 0; i < s.kernelHeight; i++) {
          let p = xs + <usize> ((channel * s.height + i) * s.width * VECTOR), left = s.kernelWidth;
          for (; left >= 5; left -= 5, p += 5 * VECTOR) total = fiveWeights(p, dys, plane, s, total);
          for (; left > 0; left--, p += VECTOR) total = oneWeight(p, dys, plane, s, total);
        }
      }
      if (withBias) total = twoBiases(dys, plane, total);
    }
    v128.store(squares + at, total);
  }
}

/** dY [count][lanes], squares [lanes]. */
export function clipExamples(dY: usize, squares: usize, count: i32, images: i32, lanes: i32, bound: f32): void {
  const pixel: usize = lanes << 2, shares = lanes >> 2;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const at: usize = share * VECTOR, lengths = f32x4.sqrt(v128.load(squares + at));
    const factors = f32x4.min(f32x4.splat(<f32> images), f32x4.div(f32x4.splat(bound), lengths));
    // A length that is no number, or too great for one, bounds nothing: the image is left out.
    const bounded = f32x4.lt(lengths, f32x4.splat(f32.MAX_VALUE));
    for (let p = dY + at, end = p + count * pixel; p < end; p += pixel) {
      v128.store(p, v128.and(f32x4.mul(v128.load(p), factors), bounded));
    }
  }
}
