/**
 * The weights still alive of a suppressed layer, as lists of pairs (offset in bytes, index of the weight) behind an
 * index of where each group of them begins. A dense layer is a convolution over one pixel.
 */
import { ConvShape, forwardPixel, PACKED } from "./convolution";
import { passRows, passWidth } from "./events_gradients";
import { pooledForward } from "./pooled_convolution";
import { nextShare, ownRoom } from "./shares";
import { madd, sum } from "./simd";

/** The pair at a place of a list of so many groups. */
function pairAt(living: usize, groups: i32, place: i32): usize {
  return living + (<usize> (groups + 1) << 2) + (<usize> place << 3);
}

/** The first pair of a group. */
function firstOf(living: usize, groups: i32, group: i32): usize {
  return pairAt(living, groups, load<i32>(living + (<usize> group << 2)));
}

/** The first living weight of an output; its offset is that of what it meets in `[channel][row][column][image]`. */
export function firstOfOutput(living: usize, output: i32, s: ConvShape): usize {
  return firstOf(living, s.outputs, output);
}

/** Passes of the kernels of events over an output's weights. */
export function passesOf(s: ConvShape): i32 {
  const run = s.kernelWidth * s.channels;
  let passes = 0;
  for (let first = 0; first < run; first += passWidth(first, s)) {
    passes += (s.kernelHeight + passRows(first, s) - 1) / passRows(first, s);
  }
  return passes;
}

/**
 * The first living weight of a pass, of all passes over all outputs; its offset is that of what it meets in an image.
 */
export function firstOfPass(living: usize, passes: i32, pass: i32, s: ConvShape): usize {
  return firstOf(living, s.outputs * passes, pass);
}

/**
 * mask int32 [outputs][channels][kernelHeight][kernelWidth]; living: int32 [outputs + 1] of begins, then pairs of
 * int32, one a living weight.
 */
export function listLiving(mask: usize, living: usize, conv: usize): i32 {
  const s = changetype<ConvShape>(conv), begin = pairAt(living, s.outputs, 0);
  let pair = begin, index = 0;
  for (let output = 0; output < s.outputs; output++) {
    store<i32>(living + (<usize> output << 2), <i32> ((pair - begin) >> 3));
    for (let channel = 0; channel < s.channels; channel++) {
      for (let row = 0; row < s.kernelHeight; row++) {
        let offset = (channel * s.height + row) * s.width * s.pixel;
        for (let column = s.kernelWidth; column > 0; column--, index++, offset += s.pixel) {
          // Written for every weight, kept for the living: there is no telling which comes next.
          store<i32>(pair, offset);
          store<i32>(pair, index, 4);
          pair += load<i32>(mask + (<usize> index << 2)) & 8;
        }
      }
    }
  }
  store<i32>(living + (<usize> s.outputs << 2), <i32> ((pair - begin) >> 3));
  return <i32> ((pair - begin) >> 3);
}

/**
 * mask int32 [outputs][channels][kernelHeight][kernelWidth]; living: int32 [outputs * passes + 1] of begins, then
 * pairs of int32, one a living weight.
 */
export function listLivingPasses(mask: usize, living: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), run = s.kernelWidth * s.channels, groups = s.outputs * passesOf(s);
  const begin = pairAt(living, groups, 0);
  let pair = begin, group = living;
  for (let output = 0; output < s.outputs; output++) {
    for (let first = 0; first < run; first += passWidth(first, s)) {
      const last = min(first + passWidth(first, s), run), rows = passRows(first, s);
      for (let i = 0; i < s.kernelHeight; i += rows, group += 4) {
        store<i32>(group, <i32> ((pair - begin) >> 3));
        for (let row = i; row < min(i + rows, s.kernelHeight); row++) {
          for (let at = first; at < last; at++) {
            const column = at / s.channels, channel = at % s.channels;
            const index = ((output * s.channels + channel) * s.kernelHeight + row) * s.kernelWidth + column;
            store<i32>(pair, (row * s.width * s.channels + at) << 2);
            store<i32>(pair, index, 4);
            pair += load<i32>(mask + (<usize> index << 2)) & 8;
          }
        }
      }
    }
  }
  store<i32>(group, <i32> ((pair - begin) >> 3));
}

/**
 * Packs living weights, pairs from `pair` to before `end`, with their values for {@link forwardPixel}; returns where
 * they end.
 */
export function packLiving(pair: usize, end: usize, weight: usize, out: usize): usize {
  for (; pair < end; pair += 8, out += PACKED) {
    store<i32>(out, load<i32>(pair));
    store<f32>(out, load<f32>(weight + (<usize> load<i32>(pair, 4) << 2)), 4);
  }
  return out;
}

/**
 * x [channels][height][width][lanes], weight [outputs][channels][kernelHeight][kernelWidth], bias [outputs] or 0, y
 * and winner (int32, or 0) [outputs][pooledHeight][pooledWidth][lanes], living as listLiving gives it; scratch: as
 * for pooledConvForward.
 */
export function livingPooledConvForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  winner: usize,
  living: usize,
  scratch: usize,
  conv: usize,
  pool: usize,
): void {
  pooledForward(x, weight, bias, y, winner, living, scratch, conv, pool);
}

/**
 * x [inputs][lanes], weight [outputs][inputs], bias [outputs] or 0, y [outputs][lanes], living as listLiving gives
 * it; scratch: 8 bytes an input.
 */
export function livingDenseForward(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  living: usize,
  scratch: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel, packed = ownRoom(scratch, s.channels * PACKED);
  let output = 0;
  while ((output = nextShare(s.outputs)) < s.outputs) {
    const end = packLiving(firstOfOutput(living, output, s), firstOfOutput(living, output + 1, s), weight, packed);
    forwardPixel(x, packed, end, bias ? bias + (output << 2) : 0, y + output * pixel, pixel);
  }
}

/** dy [outputs][lanes], weight [outputs][inputs], dx [inputs][lanes], living as listLiving gives it. */
export function livingDenseInputGradient(dy: usize, weight: usize, dx: usize, living: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel, shares = s.lanes >> 3;
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const from = dy + (share << 5), to = dx + (share << 5);
    for (let input = 0; input < s.channels; input++) {
      v128.store(to + input * pixel, f32x4.splat(0));
      v128.store(to + input * pixel, f32x4.splat(0), 16);
    }
    for (let output = 0; output < s.outputs; output++) {
      const end = firstOfOutput(living, output + 1, s);
      const g0 = v128.load(from + output * pixel), g1 = v128.load(from + output * pixel, 16);
      for (let pair = firstOfOutput(living, output, s); pair < end; pair += 8) {
        const at = to + <usize> load<i32>(pair);
        const w = v128.load32_splat(weight + (<usize> load<i32>(pair, 4) << 2));
        v128.store(at, madd(g0, w, v128.load(at)));
        v128.store(at, madd(g1, w, v128.load(at, 16)), 16);
      }
    }
  }
}

/** x [inputs][lanes], dy [outputs][lanes], dWeight [outputs][inputs], living as listLiving gives it. */
export function livingDenseWeightGradient(x: usize, dy: usize, dWeight: usize, living: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), pixel: usize = s.pixel;
  let output = 0;
  while ((output = nextShare(s.outputs)) < s.outputs) {
    const end = firstOfOutput(living, output + 1, s), gradient = dy + output * pixel;
    for (let pair = firstOfOutput(living, output, s); pair < end; pair += 8) {
      const from = x + <usize> load<i32>(pair);
      let total = f32x4.splat(0);
      for (let lane: usize = 0; lane < pixel; lane += 16) {
        total = madd(v128.load(from + lane), v128.load(gradient + lane), total);
      }
      store<f32>(dWeight + (<usize> load<i32>(pair, 4) << 2), sum(total));
    }
  }
}
