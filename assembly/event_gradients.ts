/** The gradients of a pooled convolution from its events, with all weights. */
import { ConvShape } from "./convolution";
import { eventAt } from "./events";
import { isSplit, ownRoom, partBegin, partEnd } from "./parts";
import { madd, storeEight } from "./simd";

export function eventBiasGradient(events: usize, dBias: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv);
  for (let output = 0; output < s.outputs; output++) {
    const end = eventAt(events, output + 1, s);
    let total: f32 = 0;
    for (let event = eventAt(events, output, s); event < end; event += 8) total += load<f32>(event, 4);
    store<f32>(dBias + (<usize> output << 2), total);
  }
}

/** Sums of 32 neighbouring values that the events' windows hold at `images`, times the gradients, to `sums`. */
function sumWide(images: usize, event: usize, end: usize, sums: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    a0 = madd(v128.load(p), g, a0);
    a1 = madd(v128.load(p, 16), g, a1);
    a2 = madd(v128.load(p, 32), g, a2);
    a3 = madd(v128.load(p, 48), g, a3);
    a4 = madd(v128.load(p, 64), g, a4);
    a5 = madd(v128.load(p, 80), g, a5);
    a6 = madd(v128.load(p, 96), g, a6);
    a7 = madd(v128.load(p, 112), g, a7);
  }
  storeEight(sums, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** The same for 8 neighbouring values in each of 4 rows, `row1` ... from the first: 32 bytes of `sums` a row. */
function sumNarrow(images: usize, row1: usize, row2: usize, row3: usize, event: usize, end: usize, sums: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    a0 = madd(v128.load(p), g, a0);
    a1 = madd(v128.load(p, 16), g, a1);
    b0 = madd(v128.load(p + row1), g, b0);
    b1 = madd(v128.load(p + row1, 16), g, b1);
    c0 = madd(v128.load(p + row2), g, c0);
    c1 = madd(v128.load(p + row2, 16), g, c1);
    d0 = madd(v128.load(p + row3), g, d0);
    d1 = madd(v128.load(p + row3, 16), g, d1);
  }
  storeEight(sums, a0, a1, b0, b1, c0, c1, d0, d1);
}

/** Brings sums over a kernel row's (column, channel), from `first` on, to their places in an output's weight `[channel][row][column]`. */
function placeSums(sums: usize, first: i32, count: i32, row: i32, dWeight: usize, s: ConvShape): void {
  for (let i = 0; i < count && first + i < s.kernelWidth * s.channels; i++) {
    const column = (first + i) / s.channels, channel = (first + i) % s.channels;
    const index = (channel * s.kernelHeight + row) * s.kernelWidth + column;
    store<f32>(dWeight + (<usize> index << 2), load<f32>(sums + (<usize> i << 2)));
  }
}

export function eventWeightGradient(images: usize, events: usize, dWeight: usize, scratch: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv);
  const run = s.kernelWidth * s.channels, row: usize = (s.width * s.channels) << 2;
  const last = partEnd(s.outputs, 1), sums = ownRoom(scratch, 128);
  for (let output = partBegin(s.outputs, 1); output < last; output++) {
    const event = eventAt(events, output, s), end = eventAt(events, output + 1, s);
    const to = dWeight + (<usize> (output * s.taps) << 2);
    let first = 0;
    for (; run - first > 16; first += 32) {
      for (let i = 0; i < s.kernelHeight; i++) {
        sumWide(images + i * row + (first << 2), event, end, sums);
        placeSums(sums, first, 32, i, to, s);
      }
    }
    for (; first < run; first += 8) {
      for (let i = 0; i < s.kernelHeight; i += 4) {
        const under = s.kernelHeight - 1 - i;
        sumNarrow(
          images + i * row + (first << 2),
          min(1, under) * row,
          min(2, under) * row,
          min(3, under) * row,
          event,
          end,
          sums,
        );
        for (let k = 0; k <= min(3, under); k++) placeSums(sums + (k << 5), first, 8, i + k, to, s);
      }
    }
  }
}

/** Adds 32 neighbouring weights, times the gradients, to what the events' windows hold at `images`. */
function spreadWide(images: usize, event: usize, end: usize, weights: usize): void {
  const w0 = v128.load(weights), w1 = v128.load(weights, 16), w2 = v128.load(weights, 32), w3 = v128.load(weights, 48);
  const w4 = v128.load(weights, 64),
    w5 = v128.load(weights, 80),
    w6 = v128.load(weights, 96),
    w7 = v128.load(weights, 112);
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    v128.store(p, madd(w0, g, v128.load(p)));
    v128.store(p, madd(w1, g, v128.load(p, 16)), 16);
    v128.store(p, madd(w2, g, v128.load(p, 32)), 32);
    v128.store(p, madd(w3, g, v128.load(p, 48)), 48);
    v128.store(p, madd(w4, g, v128.load(p, 64)), 64);
    v128.store(p, madd(w5, g, v128.load(p, 80)), 80);
    v128.store(p, madd(w6, g, v128.load(p, 96)), 96);
    v128.store(p, madd(w7, g, v128.load(p, 112)), 112);
  }
}

/** The same for 8 neighbouring weights. */
function spreadNarrow(images: usize, event: usize, end: usize, weights: usize): void {
  const w0 = v128.load(weights), w1 = v128.load(weights, 16);
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    v128.store(p, madd(w0, g, v128.load(p)));
    v128.store(p, madd(w1, g, v128.load(p, 16)), 16);
  }
}

/** The most events of any output. */
function mostEvents(events: usize, s: ConvShape): i32 {
  let most = 0;
  for (let output = 0; output < s.outputs; output++) {
    const begins = events + (<usize> output << 2);
    most = max(most, load<i32>(begins, 4) - load<i32>(begins));
  }
  return most;
}

/**
 * Copies the events of the images from `low` to before `high` to `out`; those of the last image are moved by `shift`. Returns the end of the copies.
 */
function eventsBetween(event: usize, end: usize, low: i32, high: i32, image: i32, shift: i32, out: usize): usize {
  for (; event < end; event += 8) {
    const offset = load<i32>(event);
    store<i32>(out, offset >= high - image ? offset + shift : offset);
    store<i32>(out, load<i32>(event, 4), 4);
    out += usize(offset >= low && offset < high) << 3;
  }
  return out;
}

export function eventInputGradient(events: usize, weight: usize, dImages: usize, scratch: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv);
  const run = s.kernelWidth * s.channels, row: usize = (s.width * s.channels) << 2, image = s.height * <i32> row;
  const low = partBegin(s.lanes, 1) * image, high = partEnd(s.lanes, 1) * image;
  const weightBytes: usize = (run << 2) + 128, split = isSplit();
  let weights = scratch, own: usize = 0, mine: usize = 0;
  if (split) {
    // What is written behind a window would meet the next part's first image: the last image is made apart, and copied at the end.
    weights = ownRoom(scratch, weightBytes + <usize> image + 512 + (<usize> mostEvents(events, s) << 3));
    own = weights + weightBytes;
    mine = own + image + 512;
    memory.fill(own, 0, image);
  }
  memory.fill(dImages + low, 0, high - low);
  memory.fill(weights, 0, weightBytes);
  for (let output = 0; output < s.outputs; output++, weight += <usize> s.taps << 2) {
    let event = eventAt(events, output, s), end = eventAt(events, output + 1, s);
    if (split) {
      end = eventsBetween(event, end, low, high, image, <i32> (own - dImages) - (high - image), mine);
      event = mine;
    }
    for (let i = 0; i < s.kernelHeight; i++) {
      // A kernel row's weights as (column, channel), zeros behind.
      for (let j = 0; j < run; j++) {
        const index = (j % s.channels * s.kernelHeight + i) * s.kernelWidth + j / s.channels;
        store<f32>(weights + (<usize> j << 2), load<f32>(weight + (<usize> index << 2)));
      }
      const images = dImages + i * row;
      let first = 0;
      for (; run - first > 16; first += 32) spreadWide(images + (first << 2), event, end, weights + (first << 2));
      for (; first < run; first += 8) spreadNarrow(images + (first << 2), event, end, weights + (first << 2));
    }
  }
  if (split && high > low) memory.copy(dImages + high - image, own, image);
}
