/**
 * The weights still alive of a suppressed layer, as lists. A list holds, behind its index, pairs (offset in bytes, index of the weight): first by output, offsets into
 * `[channel][row][column][image]`; then by output and kernel row, offsets into `[image][row][column][channel]`. A dense layer is a convolution over one pixel.
 */
import { ConvShape } from "./convolution";
import { madd, storeEight, sum } from "./simd";

/** Where the pairs begin. */
function pairsOf(living: usize, s: ConvShape): usize {
  return living + (<usize> (s.outputs + 1 + s.outputs * s.kernelHeight + 1) << 2);
}

/** Begin of a group among the pairs: outputs in the forward list. */
export function firstOfOutput(living: usize, output: i32): i32 {
  return load<i32>(living + (<usize> output << 2));
}

/** The pair of a place in the forward list. */
export function forwardPair(living: usize, place: i32, s: ConvShape): usize {
  return pairsOf(living, s) + (<usize> place << 3);
}

/** Begin of a group in the list by images: kernel rows of outputs. */
export function firstOfRow(living: usize, output: i32, row: i32, s: ConvShape): i32 {
  return load<i32>(living + (<usize> (s.outputs + 1 + output * s.kernelHeight + row) << 2));
}

/** The pair of a place in the list by images. */
export function imagePair(living: usize, place: i32, s: ConvShape): usize {
  return forwardPair(living, load<i32>(living + (<usize> s.outputs << 2)) + place, s);
}

export function listLiving(mask: usize, living: usize, conv: usize): i32 {
  const s = changetype<ConvShape>(conv);
  const window = s.kernelHeight * s.kernelWidth, taps = s.taps;
  const pixel = s.pixel, imagePixel = s.channels << 2;
  let pair = pairsOf(living, s), found = 0;
  let at = mask, index = 0;
  for (let output = 0; output < s.outputs; output++) {
    store<i32>(living + (<usize> output << 2), found);
    for (let channel = 0; channel < s.channels; channel++) {
      for (let row = 0; row < s.kernelHeight; row++) {
        for (let column = 0; column < s.kernelWidth; column++, at += 4, index++) {
          if (!load<i32>(at)) continue;
          store<i32>(pair, ((channel * s.height + row) * s.width + column) * pixel);
          store<i32>(pair, index, 4);
          pair += 8;
          found++;
        }
      }
    }
  }
  store<i32>(living + (<usize> s.outputs << 2), found);
  let place = 0, group = living + (<usize> (s.outputs + 1) << 2);
  for (let output = 0; output < s.outputs; output++) {
    for (let row = 0; row < s.kernelHeight; row++, group += 4) {
      store<i32>(group, place);
      for (let column = 0; column < s.kernelWidth; column++) {
        for (let channel = 0; channel < s.channels; channel++) {
          const index = output * taps + channel * window + row * s.kernelWidth + column;
          if (!load<i32>(mask + (<usize> index << 2))) continue;
          store<i32>(pair, (row * s.width + column) * imagePixel + (channel << 2));
          store<i32>(pair, index, 4);
          pair += 8;
          place++;
        }
      }
    }
  }
  store<i32>(group, place);
  return found;
}

/** Writes the pairs (offset, value) of an output's living weights to `out`; returns how many there are. */
export function packLiving(living: usize, output: i32, weight: usize, out: usize, s: ConvShape): i32 {
  const first = firstOfOutput(living, output), count = firstOfOutput(living, output + 1) - first;
  let pair = forwardPair(living, first, s);
  for (let i = count; i > 0; i--, pair += 8, out += 8) {
    store<i32>(out, load<i32>(pair));
    store<f32>(out, load<f32>(weight + (<usize> load<i32>(pair, 4) << 2)), 4);
  }
  return count;
}

/** One output at 32 images of a pixel, from its packed living weights. */
export function livingRow(x: usize, packed: usize, count: i32, bias: usize, y: usize): void {
  let a0 = f32x4.splat(0);
  if (bias) a0 = v128.load32_splat(bias);
  let a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (let i = count; i > 0; i--, packed += 8) {
    const p = x + <usize> load<i32>(packed), w = v128.load32_splat(packed, 4);
    a0 = madd(v128.load(p), w, a0);
    a1 = madd(v128.load(p, 16), w, a1);
    a2 = madd(v128.load(p, 32), w, a2);
    a3 = madd(v128.load(p, 48), w, a3);
    a4 = madd(v128.load(p, 64), w, a4);
    a5 = madd(v128.load(p, 80), w, a5);
    a6 = madd(v128.load(p, 96), w, a6);
    a7 = madd(v128.load(p, 112), w, a7);
  }
  storeEight(y, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** The same at 8 images. */
export function livingSingle(x: usize, packed: usize, count: i32, bias: usize, y: usize): void {
  let a0 = f32x4.splat(0);
  if (bias) a0 = v128.load32_splat(bias);
  let a1 = a0;
  for (let i = count; i > 0; i--, packed += 8) {
    const p = x + <usize> load<i32>(packed), w = v128.load32_splat(packed, 4);
    a0 = madd(v128.load(p), w, a0);
    a1 = madd(v128.load(p, 16), w, a1);
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
}

export function livingDenseForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  living: usize,
  scratch: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel;
  for (let output = 0; output < s.outputs; output++) {
    const count = packLiving(living, output, weight, scratch, s), b = bias ? bias + (output << 2) : 0;
    let from = x;
    const end = from + pixel;
    for (; from + 128 <= end; from += 128, y += 128) livingRow(from, scratch, count, b, y);
    for (; from < end; from += 32, y += 32) livingSingle(from, scratch, count, b, y);
  }
}

export function livingDenseInputGradient(dy: usize, weight: usize, dx: usize, living: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel;
  memory.fill(dx, 0, s.channels * s.pixel);
  for (let output = 0; output < s.outputs; output++, dy += pixel) {
    const first = forwardPair(living, firstOfOutput(living, output), s);
    const end = forwardPair(living, firstOfOutput(living, output + 1), s);
    for (let lane: usize = 0; lane < pixel; lane += 32) {
      const g0 = v128.load(dy + lane), g1 = v128.load(dy + lane, 16);
      for (let pair = first; pair < end; pair += 8) {
        const at = dx + lane + <usize> load<i32>(pair);
        const w = v128.load32_splat(weight + (<usize> load<i32>(pair, 4) << 2));
        v128.store(at, madd(g0, w, v128.load(at)));
        v128.store(at, madd(g1, w, v128.load(at, 16)), 16);
      }
    }
  }
}

export function livingDenseWeightGradient(x: usize, dy: usize, dWeight: usize, living: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel;
  for (let output = 0; output < s.outputs; output++, dy += pixel) {
    const end = forwardPair(living, firstOfOutput(living, output + 1), s);
    for (let pair = forwardPair(living, firstOfOutput(living, output), s); pair < end; pair += 8) {
      const from = x + <usize> load<i32>(pair);
      let total = f32x4.splat(0);
      for (let lane: usize = 0; lane < pixel; lane += 16) {
        total = madd(v128.load(from + lane), v128.load(dy + lane), total);
      }
      store<f32>(dWeight + (<usize> load<i32>(pair, 4) << 2), sum(total));
    }
  }
}
