/**
 * The gradients of a pooled convolution from its events, with all weights. What a kernel's row meets of an image lies
 * side by side, its *run*: (column, channel). The kernel is gone through in *passes*: parts of the run of 32 floats, of
 * one kernel row; behind the last of those, parts of 8 floats, of five kernel rows.
 */
import { ConvShape } from "./convolution";
import { eventAt, eventsEnd, GROUP } from "./events";
import { imageBytes } from "./images";
import { nextShare, ownRoom } from "./shares";
import { madd, storeEight } from "./simd";

const WIDE = 32, NARROW = 8, NARROW_ROWS = 5;

/** Where in the run the wide passes end and the narrow ones begin. */
export function wideEnd(s: ConvShape): i32 {
  const run = s.kernelWidth * s.channels;
  return run > 2 * NARROW ? (run + WIDE - 2 * NARROW - 1) / WIDE * WIDE : 0;
}

/** Floats of the run that a pass takes from `first` on. */
export function passWidth(first: i32, s: ConvShape): i32 {
  return first < wideEnd(s) ? WIDE : NARROW;
}

/** Kernel rows that a pass takes. */
export function passRows(first: i32, s: ConvShape): i32 {
  return first < wideEnd(s) ? 1 : NARROW_ROWS;
}

/** events as winnerEvents gives them, dBias [outputs]. */
export function eventBiasGradient(events: usize, dBias: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv);
  for (let output = 0; output < s.outputs; output++) {
    const end = eventsEnd(events, output, s);
    let total: f32 = 0;
    for (let event = eventAt(events, output, 0, s); event < end; event += 8) total += load<f32>(event, 4);
    store<f32>(dBias + (<usize> output << 2), total);
  }
}

/** Sums of what the events' windows hold at `images`, times the gradients, to `sums`: of 32 neighbouring values. */
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

/**
 * The same of 8 neighbouring values in each of five rows; a row that the kernel has not is the last one again.
 *
 * @inline
 */
function sumNarrow(images: usize, row: usize, rows: i32, event: usize, end: usize, sums: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0, e0 = a0, e1 = a0;
  const toB = <usize> min(1, rows - 1) * row, toC = <usize> min(2, rows - 1) * row;
  const toD = <usize> min(3, rows - 1) * row, toE = <usize> min(4, rows - 1) * row;
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    a0 = madd(v128.load(p), g, a0);
    a1 = madd(v128.load(p, 16), g, a1);
    const b = p + toB, c = p + toC, d = p + toD, e = p + toE;
    b0 = madd(v128.load(b), g, b0);
    b1 = madd(v128.load(b, 16), g, b1);
    c0 = madd(v128.load(c), g, c0);
    c1 = madd(v128.load(c, 16), g, c1);
    d0 = madd(v128.load(d), g, d0);
    d1 = madd(v128.load(d, 16), g, d1);
    e0 = madd(v128.load(e), g, e0);
    e1 = madd(v128.load(e, 16), g, e1);
  }
  storeEight(sums, a0, a1, b0, b1, c0, c1, d0, d1);
  v128.store(sums, e0, 128);
  v128.store(sums, e1, 144);
}

/** Brings the sums of a part of the run to their places in an output's weight `[channel][row][column]`. */
function placeSums(sums: usize, first: i32, count: i32, row: i32, dWeight: usize, s: ConvShape): void {
  const last = min(first + count, s.kernelWidth * s.channels);
  let column = first / s.channels, channel = first % s.channels;
  for (let i = first; i < last; i++, sums += 4) {
    const index = (channel * s.kernelHeight + row) * s.kernelWidth + column;
    store<f32>(dWeight + (<usize> index << 2), load<f32>(sums));
    if (++channel == s.channels) {
      channel = 0;
      column++;
    }
  }
}

/**
 * images [lanes][height * width][channels] as toImages gives them, events as winnerEvents does, dWeight
 * [outputs][channels][kernelHeight][kernelWidth]; scratch: 160 bytes.
 */
export function eventWeightGradient(images: usize, events: usize, dWeight: usize, scratch: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv);
  const run = s.kernelWidth * s.channels, row: usize = (s.width * s.channels) << 2, wide = wideEnd(s);
  const sums = ownRoom(scratch, 160);
  let output = 0;
  while ((output = nextShare(s.outputs)) < s.outputs) {
    const event = eventAt(events, output, 0, s), end = eventsEnd(events, output, s);
    const to = dWeight + (<usize> (output * s.taps) << 2);
    for (let first = 0; first < wide; first += WIDE) {
      for (let i = 0; i < s.kernelHeight; i++) {
        sumWide(images + i * row + (first << 2), event, end, sums);
        placeSums(sums, first, WIDE, i, to, s);
      }
    }
    for (let first = wide; first < run; first += NARROW) {
      for (let i = 0; i < s.kernelHeight; i += NARROW_ROWS) {
        const rows = min(NARROW_ROWS, s.kernelHeight - i);
        sumNarrow(images + i * row + (first << 2), row, rows, event, end, sums);
        for (let k = 0; k < rows; k++) placeSums(sums + (k << 5), first, NARROW, i + k, to, s);
      }
    }
  }
}

/** Adds 32 neighbouring weights, times the gradients, to what the events' windows hold at `images`. @inline */
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

/**
 * The same of 8 neighbouring weights in each of five rows; those of a row that the kernel has not are 0, and go to the
 * last row.
 *
 * @inline
 */
function spreadNarrow(images: usize, row: usize, rows: i32, event: usize, end: usize, weights: usize): void {
  const a0 = v128.load(weights), a1 = v128.load(weights, 16), b0 = v128.load(weights, 32), b1 = v128.load(weights, 48);
  const c0 = v128.load(weights, 64), c1 = v128.load(weights, 80), d0 = v128.load(weights, 96);
  const d1 = v128.load(weights, 112), e0 = v128.load(weights, 128), e1 = v128.load(weights, 144);
  const toB = <usize> min(1, rows - 1) * row, toC = <usize> min(2, rows - 1) * row;
  const toD = <usize> min(3, rows - 1) * row, toE = <usize> min(4, rows - 1) * row;
  for (; event < end; event += 8) {
    const p = images + <usize> load<i32>(event), g = v128.load32_splat(event, 4);
    v128.store(p, madd(a0, g, v128.load(p)));
    v128.store(p, madd(a1, g, v128.load(p, 16)), 16);
    const b = p + toB, c = p + toC, d = p + toD, e = p + toE;
    v128.store(b, madd(b0, g, v128.load(b)));
    v128.store(b, madd(b1, g, v128.load(b, 16)), 16);
    v128.store(c, madd(c0, g, v128.load(c)));
    v128.store(c, madd(c1, g, v128.load(c, 16)), 16);
    v128.store(d, madd(d0, g, v128.load(d)));
    v128.store(d, madd(d1, g, v128.load(d, 16)), 16);
    v128.store(e, madd(e0, g, v128.load(e)));
    v128.store(e, madd(e1, g, v128.load(e, 16)), 16);
  }
}

/** Writes part of a kernel row of an output's weight as (column, channel), zeros behind the run. */
function packRow(weight: usize, first: i32, count: i32, row: i32, out: usize, s: ConvShape): void {
  const last = min(first + count, s.kernelWidth * s.channels);
  memory.fill(out, 0, count << 2);
  if (row >= s.kernelHeight) return;
  let column = first / s.channels, channel = first % s.channels;
  for (let i = first; i < last; i++, out += 4) {
    const index = (channel * s.kernelHeight + row) * s.kernelWidth + column;
    store<f32>(out, load<f32>(weight + (<usize> index << 2)));
    if (++channel == s.channels) {
      channel = 0;
      column++;
    }
  }
}

/** Bytes of an output's weights as the passes read them. */
function packedBytes(s: ConvShape): i32 {
  const run = s.kernelWidth * s.channels, wide = wideEnd(s);
  const narrow = run > wide ? (run - wide + NARROW - 1) / NARROW * NARROW : 0;
  return (wide * s.kernelHeight + narrow * ((s.kernelHeight + NARROW_ROWS - 1) / NARROW_ROWS * NARROW_ROWS)) << 2;
}

/** Writes an output's weights as the passes read them, one pass behind the other. */
function packPasses(weight: usize, out: usize, s: ConvShape): void {
  const run = s.kernelWidth * s.channels;
  for (let first = 0; first < run; first += passWidth(first, s)) {
    const width = passWidth(first, s), rows = passRows(first, s);
    for (let i = 0; i < s.kernelHeight; i += rows) {
      for (let k = 0; k < rows; k++, out += width << 2) packRow(weight, first, width, i + k, out, s);
    }
  }
}

/**
 * events as winnerEvents gives them, weight [outputs][channels][kernelHeight][kernelWidth], dImages [lanes][height *
 * width][channels] as toImages gives images; scratch: outputs * (kernelHeight, rounded up to a multiple of 5) *
 * (kernelWidth * channels + 31) floats.
 */
export function eventInputGradient(events: usize, weight: usize, dImages: usize, scratch: usize, conv: usize): void {
  const s = changetype<ConvShape>(conv), groups = s.lanes / GROUP;
  const run = s.kernelWidth * s.channels, row: usize = (s.width * s.channels) << 2, wide = wideEnd(s);
  const bytes = packedBytes(s), groupBytes = GROUP * imageBytes(s.channels, s.height * s.width);
  const packed = ownRoom(scratch, s.outputs * bytes);
  let isPacked = false;
  let group = 0;
  while ((group = nextShare(groups)) < groups) {
    if (!isPacked) {
      for (let output = 0; output < s.outputs; output++) {
        packPasses(weight + (<usize> (output * s.taps) << 2), packed + output * bytes, s);
      }
      isPacked = true;
    }
    memory.fill(dImages + group * groupBytes, 0, groupBytes);
    for (let output = 0, weights = packed; output < s.outputs; output++) {
      const event = eventAt(events, output, group, s), end = eventAt(events, output, group + 1, s);
      for (let first = 0; first < wide; first += WIDE) {
        for (let i = 0; i < s.kernelHeight; i++, weights += WIDE << 2) {
          spreadWide(dImages + i * row + (first << 2), event, end, weights);
        }
      }
      for (let first = wide; first < run; first += NARROW) {
        for (let i = 0; i < s.kernelHeight; i += NARROW_ROWS, weights += (NARROW_ROWS * NARROW) << 2) {
          const rows = min(NARROW_ROWS, s.kernelHeight - i);
          spreadNarrow(dImages + i * row + (first << 2), row, rows, event, end, weights);
        }
      }
    }
  }
}
