/**
 * Fully connected layers over `[feature][image]`: tiles of 4 features x 8 images, or 4 outputs x 3 inputs for the
 * weight gradient.
 */
import { nextShare, sharesOf } from "./shares";
import { madd, tileStart } from "./simd";
import { Grid, weightGradientSingle, weightGradientTile } from "./weight_gradient";

/**
 * Features `rows` of a product: y[k] = bias[k] + sum over i of weight(k, i) * x[i], for 4 k at 8 images. The weight of
 * k + 1 lies `next` bytes on, that of i + 1 `step` bytes.
 *
 * @inline
 */
function productTile(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  count: i32,
  next: usize,
  step: usize,
  pixel: usize,
): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  if (bias) {
    a0 = a1 = v128.load32_splat(bias);
    b0 = b1 = v128.load32_splat(bias, 4);
    c0 = c1 = v128.load32_splat(bias, 8);
    d0 = d1 = v128.load32_splat(bias, 12);
  }
  let wa = weight, wb = wa + next, wc = wb + next, wd = wc + next;
  for (let i = count; i > 0; i--) {
    const x0 = v128.load(x), x1 = v128.load(x, 16);
    let w = v128.load32_splat(wa);
    a0 = madd(x0, w, a0);
    a1 = madd(x1, w, a1);
    w = v128.load32_splat(wb);
    b0 = madd(x0, w, b0);
    b1 = madd(x1, w, b1);
    w = v128.load32_splat(wc);
    c0 = madd(x0, w, c0);
    c1 = madd(x1, w, c1);
    w = v128.load32_splat(wd);
    d0 = madd(x0, w, d0);
    d1 = madd(x1, w, d1);
    x += pixel;
    wa += step;
    wb += step;
    wc += step;
    wd += step;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  y += pixel;
  v128.store(y, b0);
  v128.store(y, b1, 16);
  y += pixel;
  v128.store(y, c0);
  v128.store(y, c1, 16);
  y += pixel;
  v128.store(y, d0);
  v128.store(y, d1, 16);
}

/** The same for one k. @inline */
function productSingle(x: usize, weight: usize, bias: usize, y: usize, count: i32, step: usize, pixel: usize): void {
  let a0 = f32x4.splat(0), a1 = a0;
  if (bias) a0 = a1 = v128.load32_splat(bias);
  for (let i = count; i > 0; i--) {
    const w = v128.load32_splat(weight);
    a0 = madd(v128.load(x), w, a0);
    a1 = madd(v128.load(x, 16), w, a1);
    x += pixel;
    weight += step;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
}

/**
 * y `[rows][lanes]` = bias + W x `[count][lanes]`, where W's rows lie `next` bytes apart and its columns `step` bytes.
 */
function product(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  count: i32,
  rows: i32,
  next: usize,
  step: usize,
  lanes: i32,
): void {
  const pixel: usize = lanes << 2;
  const tile = rows < 4 ? 1 : 4, shares = sharesOf(rows, tile);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const row = tileStart(share * tile, tile, rows);
    const w = weight + row * next, b = bias ? bias + (row << 2) : 0, to = y + row * pixel;
    for (let lane: usize = 0; lane < pixel; lane += 32) {
      if (tile == 4) productTile(x + lane, w, b, to + lane, count, next, step, pixel);
      else productSingle(x + lane, w, b, to + lane, count, step, pixel);
    }
  }
}

/** x [inputs][lanes], weight [outputs][inputs], bias [outputs] or 0, y [outputs][lanes]. */
export function denseForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  inputs: i32,
  outputs: i32,
  lanes: i32,
): void {
  product(x, weight, bias, y, inputs, outputs, inputs * 4, 4, lanes);
}

/** dy [outputs][lanes], weight [outputs][inputs], dx [inputs][lanes]. */
export function denseInputGradient(dy: usize, weight: usize, dx: usize, inputs: i32, outputs: i32, lanes: i32): void {
  product(dy, weight, 0, dx, outputs, inputs, 4, inputs * 4, lanes);
}

/** x [inputs][lanes], dy [outputs][lanes], dWeight [outputs][inputs]. */
export function denseWeightGradient(x: usize, dy: usize, dWeight: usize, inputs: i32, outputs: i32, lanes: i32): void {
  const pixel: usize = lanes << 2, full = outputs >= 4 && inputs >= 3;
  const tile = full ? 4 : 1, inputTile = full ? 3 : 1, shares = sharesOf(outputs, tile);
  const g = changetype<Grid>(memory.data(offsetof<Grid>() as i32, 16));
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    g.rows = 1;
    g.runs = 1;
    g.run = pixel;
    g.plane = pixel;
    g.weightRow = inputs << 2;
    const output = tileStart(share * tile, tile, outputs);
    const from = dy + output * pixel;
    for (let inputStart = 0; inputStart < inputs; inputStart += inputTile) {
      const input = tileStart(inputStart, inputTile, inputs);
      const to = dWeight + output * g.weightRow + (input << 2);
      const x0 = x + input * pixel;
      if (full) weightGradientTile(x0, x0 + pixel, x0 + 2 * pixel, from, to, g);
      else weightGradientSingle(x0, from, to, g);
    }
  }
}
