/**
 * Gradients of a pooled convolution as a list of events: only a window's winner that ReLU let through has a gradient. An event is a pair (where the window that the winner saw
 * begins in `[image][row][column][channel]`, in bytes; gradient). All events of output o stand before those of o + 1: begins[o] is o's first.
 */
import { ConvShape } from "./convolution";
import { firstOfRow, imagePair } from "./living";
import { madd } from "./simd";
import { isSplit, ownRoom, partBegin, partEnd } from "./parts";
import { PoolShape } from "./pooling";

/** Where the events of an output begin, behind the index of `outputs` + 1. */
// @ts-ignore: decorator

function eventAt(events: usize, output: i32, s: ConvShape): usize {
  return events + (<usize> (s.outputs + 2 & ~1) << 2) + (<usize> load<i32>(events + (<usize> output << 2)) << 3);
}

/** Writes the events of four lanes of a pooled pixel, whose windows lie at `offsets`; returns where the next event goes. */
// @ts-ignore: decorator

function fourEvents(event: usize, offsets: v128, gradient: v128, alive: i32): usize {
  const low = v128.shuffle<i32>(offsets, gradient, 0, 4, 1, 5), high = v128.shuffle<i32>(offsets, gradient, 2, 6, 3, 7);
  v128.store64_lane(event, low, 0);
  event += (alive & 1) << 3;
  v128.store64_lane(event, low, 1);
  event += (alive & 2) << 2;
  v128.store64_lane(event, high, 0);
  event += (alive & 4) << 1;
  v128.store64_lane(event, high, 1);
  return event + (alive & 8);
}

export function winnerEvents(dy: usize, winner: usize, events: usize, scratch: usize, conv: usize, pool: usize): void {
  const s = changetype<ConvShape>(conv), p = changetype<PoolShape>(pool);
  const pixel = s.channels << 2, image = s.height * s.width * pixel;
  const lanes = s.lanes, step = s.strideWidth * pixel, rowStep = s.strideHeight * s.width * pixel;
  // How far each place of a pooling window lies from its first; in front, what place -1 reads.
  store<i32>(scratch, 0);
  for (let h = 0, at = scratch + 4; h < p.windowHeight; h++) {
    for (let w = 0; w < p.windowWidth; w++, at += 4) store<i32>(at, h * rowStep + w * step);
  }
  const begin = events + (<usize> (s.outputs + 2 & ~1) << 2);
  const zero = i32x4.splat(0),
    laneSteps = i32x4.mul(i32x4.splat(image), i32x4(0, 1, 2, 3)),
    fourImages = i32x4.splat(image << 2);
  let event = begin;
  for (let output = 0; output < s.outputs; output++) {
    store<i32>(events + (<usize> output << 2), <i32> ((event - begin) >> 3));
    for (let i = 0; i < p.outHeight; i++) {
      for (let j = 0; j < p.outWidth; j++) {
        let corners = i32x4.add(laneSteps, i32x4.splat(i * p.strideHeight * rowStep + j * p.strideWidth * step));
        for (let lane = 0; lane < lanes; lane += 4, dy += 16, winner += 16) {
          const places = v128.load(winner), gradient = v128.load(dy);
          const alive = i32x4.bitmask(v128.and(i32x4.ge_s(places, zero), f32x4.ne(gradient, zero)));
          if (alive) {
            let steps = v128.load32_zero(scratch + (i32x4.extract_lane(places, 0) << 2), 4);
            steps = v128.load32_lane(scratch + (i32x4.extract_lane(places, 1) << 2), steps, 1, 4);
            steps = v128.load32_lane(scratch + (i32x4.extract_lane(places, 2) << 2), steps, 2, 4);
            steps = v128.load32_lane(scratch + (i32x4.extract_lane(places, 3) << 2), steps, 3, 4);
            event = fourEvents(event, i32x4.add(corners, steps), gradient, alive);
          }
          corners = i32x4.add(corners, fourImages);
        }
      }
    }
  }
  store<i32>(events + (<usize> s.outputs << 2), <i32> ((event - begin) >> 3));
}

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
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
  v128.store(sums, a4, 64);
  v128.store(sums, a5, 80);
  v128.store(sums, a6, 96);
  v128.store(sums, a7, 112);
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
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, b0, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, c0, 64);
  v128.store(sums, c1, 80);
  v128.store(sums, d0, 96);
  v128.store(sums, d1, 112);
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
