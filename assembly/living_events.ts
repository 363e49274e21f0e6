/**
 * The gradients of a pooled convolution from its events, with the living weights alone: the same to the last bit as
 * with all, the others being 0.
 */
import { ConvShape, PACKED } from "./convolution";
import { eventAt, eventsEnd, GROUP } from "./events";
import { imageBytes } from "./images";
import { firstOfPass, packLiving, passesOf } from "./living";
import { nextShare, ownRoom } from "./shares";
import { madd } from "./simd";

/**
 * images [lanes][height * width][channels] as toImages gives them, events as winnerEvents does, dWeight
 * [outputs][channels][kernelHeight][kernelWidth], passes as listLivingPasses gives them.
 */
export function livingEventWeightGradient(
  images: usize,
  events: usize,
  dWeight: usize,
  living: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv), passes = passesOf(s);
  let output = 0;
  while ((output = nextShare(s.outputs)) < s.outputs) {
    const begin = eventAt(events, output, 0, s), end = eventsEnd(events, output, s);
    const last = firstOfPass(living, passes, (output + 1) * passes, s) - 8;
    for (let pair = firstOfPass(living, passes, output * passes, s); pair <= last; pair += 32) {
      // Four weights at a time; at the end some of them are the last one again.
      const p1 = min(pair + 8, last), p2 = min(pair + 16, last), p3 = min(pair + 24, last);
      const i0 = images + <usize> load<i32>(pair), i1 = images + <usize> load<i32>(p1);
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
      store<f32>(dWeight + (<usize> load<i32>(pair, 4) << 2), f32x4.extract_lane(total, 0));
      store<f32>(dWeight + (<usize> load<i32>(p1, 4) << 2), f32x4.extract_lane(total, 1));
      store<f32>(dWeight + (<usize> load<i32>(p2, 4) << 2), f32x4.extract_lane(total, 2));
      store<f32>(dWeight + (<usize> load<i32>(p3, 4) << 2), f32x4.extract_lane(total, 3));
    }
  }
}

/** Adds one weight, times the gradients, to what the events' windows hold. */
function spreadOne(images: usize, event: usize, end: usize, w: v128): void {
  for (; event < end; event += 8) {
    const at = images + <usize> load<i32>(event);
    v128.store32_lane(at, madd(w, v128.load32_zero(event, 4), v128.load32_zero(at)), 0);
  }
}

/** The same of two weights. */
function spreadTwo(images0: usize, images1: usize, event: usize, end: usize, w0: v128, w1: v128): void {
  for (; event < end; event += 8) {
    const offset: usize = load<i32>(event), g = v128.load32_zero(event, 4);
    v128.store32_lane(images0 + offset, madd(w0, g, v128.load32_zero(images0 + offset)), 0);
    v128.store32_lane(images1 + offset, madd(w1, g, v128.load32_zero(images1 + offset)), 0);
  }
}

/** The same of all packed weights of a pass. @inline */
function spreadLiving(dImages: usize, event: usize, end: usize, packed: usize, last: usize): void {
  const images0 = dImages + <usize> load<i32>(packed), w0 = v128.load32_zero(packed, 4);
  if (last - packed == PACKED) {
    spreadOne(images0, event, end, w0);
    return;
  }
  if (last - packed == 2 * PACKED) {
    spreadTwo(images0, dImages + <usize> load<i32>(packed, 8), event, end, w0, v128.load32_zero(packed, 12));
    return;
  }
  for (; event < end; event += 8) {
    const images = dImages + <usize> load<i32>(event), g = v128.load32_zero(event, 4);
    for (let pair = packed; pair < last; pair += PACKED) {
      const at = images + <usize> load<i32>(pair);
      v128.store32_lane(at, madd(v128.load32_zero(pair, 4), g, v128.load32_zero(at)), 0);
    }
  }
}

/**
 * events as winnerEvents gives them, weight [outputs][channels][kernelHeight][kernelWidth], dImages [lanes][height *
 * width][channels] as toImages gives images, passes as listLivingPasses gives them; scratch: 320 bytes.
 */
export function livingEventInputGradient(
  events: usize,
  weight: usize,
  dImages: usize,
  living: usize,
  scratch: usize,
  conv: usize,
): void {
  const s = changetype<ConvShape>(conv), groups = s.lanes / GROUP, passes = passesOf(s);
  const packed = ownRoom(scratch, 320), groupBytes = GROUP * imageBytes(s.channels, s.height * s.width);
  let group = 0;
  while ((group = nextShare(groups)) < groups) {
    memory.fill(dImages + group * groupBytes, 0, groupBytes);
    let pass = 0;
    for (let output = 0; output < s.outputs; output++) {
      const event = eventAt(events, output, group, s), end = eventAt(events, output, group + 1, s);
      // Pass by pass, as with all weights, so that sums are made in the same order.
      for (const last = pass + passes; pass < last; pass++) {
        const first = firstOfPass(living, passes, pass, s), next = firstOfPass(living, passes, pass + 1, s);
        if (first == next) continue;
        spreadLiving(dImages, event, end, packed, packLiving(first, next, weight, packed));
      }
    }
  }
}
