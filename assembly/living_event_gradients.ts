/** The gradients of a pooled convolution from its events, with the living weights alone: the same to the last bit as with all, the others being 0. */
import { ConvShape } from "./convolution";
import { eventAt } from "./events";
import { firstOfRow, imagePair } from "./living";
import { partBegin, partEnd } from "./parts";
import { madd } from "./simd";

export function livingEventWeightGradient(
  images: usize,
  events: usize,
  dWeight: usize,
  living: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv), lastOutput = partEnd(s.outputs, 1);
  for (let output = partBegin(s.outputs, 1); output < lastOutput; output++) {
    const begin = eventAt(events, output, s), end = eventAt(events, output + 1, s);
    const last = firstOfRow(living, output + 1, 0, s) - 1;
    for (let place = firstOfRow(living, output, 0, s); place <= last; place += 4) {
      // Four weights at a time; at the end some of them are the last one again.
      const p0 = imagePair(living, place, s), p1 = imagePair(living, min(place + 1, last), s);
      const p2 = imagePair(living, min(place + 2, last), s), p3 = imagePair(living, min(place + 3, last), s);
      const i0 = images + <usize> load<i32>(p0), i1 = images + <usize> load<i32>(p1);
      const i2 = images + <usize> load<i32>(p2), i3 = images + <usize> load<i32>(p3);
      let total = f32x4.splat(0);
      for (let event = begin; event < end; event += 8) {
        const offset: usize = load<i32>(event);
        let x = v128.load32_zero(i0 + offset);
        x = v128.load32_lane(i1 + offset, x, 1);
        x = v128.load32_lane(i2 + offset, x, 2);
        x = v128.load32_lane(i3 + offset, x, 3);
        total = madd(x, v128.load32_splat(event, 4), total);
      }
      store<f32>(dWeight + (<usize> load<i32>(p0, 4) << 2), f32x4.extract_lane(total, 0));
      store<f32>(dWeight + (<usize> load<i32>(p1, 4) << 2), f32x4.extract_lane(total, 1));
      store<f32>(dWeight + (<usize> load<i32>(p2, 4) << 2), f32x4.extract_lane(total, 2));
      store<f32>(dWeight + (<usize> load<i32>(p3, 4) << 2), f32x4.extract_lane(total, 3));
    }
  }
}

/** Adds one or two weights of a kernel row, times the gradients, to what the events' windows hold. */
function spreadOne(images: usize, event: usize, end: usize, w: v128): void {
  for (; event < end; event += 8) {
    const at = images + <usize> load<i32>(event);
    v128.store32_lane(at, madd(w, v128.load32_zero(event, 4), v128.load32_zero(at)), 0);
  }
}

function spreadTwo(images0: usize, images1: usize, event: usize, end: usize, w0: v128, w1: v128): void {
  for (; event < end; event += 8) {
    const offset: usize = load<i32>(event), g = v128.load32_zero(event, 4);
    v128.store32_lane(images0 + offset, madd(w0, g, v128.load32_zero(images0 + offset)), 0);
    v128.store32_lane(images1 + offset, madd(w1, g, v128.load32_zero(images1 + offset)), 0);
  }
}

/** Adds living weights of a kernel row, pairs from `first` to before `last`, times the gradients, to what the events' windows hold. */
function spreadLiving(dImages: usize, event: usize, end: usize, first: usize, last: usize, weight: usize): void {
  const images0 = dImages + <usize> load<i32>(first),
    w0 = v128.load32_zero(weight + (<usize> load<i32>(first, 4) << 2));
  if (last - first == 8) {
    spreadOne(images0, event, end, w0);
    return;
  }
  if (last - first == 16) {
    const images1 = dImages + <usize> load<i32>(first, 8);
    spreadTwo(images0, images1, event, end, w0, v128.load32_zero(weight + (<usize> load<i32>(first, 12) << 2)));
    return;
  }
  for (; event < end; event += 8) {
    const images = dImages + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    for (let pair = first; pair < last; pair += 8) {
      const at = images + <usize> load<i32>(pair), w = v128.load32_zero(weight + (<usize> load<i32>(pair, 4) << 2));
      v128.store32_lane(at, madd(w, g, v128.load32_zero(at)), 0);
    }
  }
}

/** Where the dense kernel's group of neighbouring weights that holds place `j` of a kernel row ends: groups of 32, then of 8. */
function groupEnd(j: i32, run: i32): i32 {
  let end = 0;
  while (end <= j) end += run - end > 16 ? 32 : 8;
  return end;
}

export function livingEventInputGradient(
  events: usize,
  weight: usize,
  dImages: usize,
  living: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv);
  const run = s.kernelWidth * s.channels, row = s.width * s.channels * 4;
  memory.fill(dImages, 0, <usize> (s.lanes * s.height) * row);
  for (let output = 0; output < s.outputs; output++) {
    const begin = eventAt(events, output, s), end = eventAt(events, output + 1, s);
    for (let i = 0; i < s.kernelHeight; i++) {
      const last = imagePair(living, firstOfRow(living, output, i + 1, s), s);
      // Group by group, as the dense kernel goes, so that sums are made in the same order.
      for (let first = imagePair(living, firstOfRow(living, output, i, s), s); first < last;) {
        const limit = i * row + (groupEnd((load<i32>(first) - i * row) >> 2, run) << 2);
        let next = first + 8;
        while (next < last && load<i32>(next) < limit) next += 8;
        spreadLiving(dImages, begin, end, first, next, weight);
        first = next;
      }
    }
  }
}
