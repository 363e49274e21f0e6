/**
 * Gradients of a pooled convolution as lists of events: only a window's winner that ReLU let through has a gradient. An
 * event is a pair (where the window that the winner saw begins in the images, in bytes; gradient). Each output has room
 * for all that it may have, and its events stand by groups of lanes: begins[o][g] is the first of group g,
 * begins[o][groups] where o's end.
 */
import { ConvShape } from "./convolution";
import { imageBytes } from "./images";
import { PoolShape } from "./pooling";
import { nextShare, ownRoom } from "./shares";

/** Lanes of a group. */
export const GROUP = 4;

/** Where the events begin, behind the begins. */
function eventsOf(events: usize, s: ConvShape): usize {
  return events + (<usize> (s.outputs * (s.lanes / GROUP + 1) + 1 & ~1) << 2);
}

/** Where the events of an output and group begin. */
export function eventAt(events: usize, output: i32, group: i32, s: ConvShape): usize {
  const begin = events + (<usize> (output * (s.lanes / GROUP + 1) + group) << 2);
  return eventsOf(events, s) + (<usize> load<i32>(begin) << 3);
}

/** Where the events of an output end. */
export function eventsEnd(events: usize, output: i32, s: ConvShape): usize {
  return eventAt(events, output, s.lanes / GROUP, s);
}

/**
 * Writes the events of four lanes of a pooled pixel, whose windows lie at `offsets`; returns where the next event goes.
 */
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

/**
 * dy and winner (int32) [outputs][pooledHeight][pooledWidth][lanes]; events: int32 [outputs][lanes / 4 + 1] of
 * begins, then, from an even one on, pairs of an int32 and a float32; scratch: windowHeight * windowWidth + 1 int32.
 */
export function winnerEvents(dy: usize, winner: usize, events: usize, scratch: usize, conv: usize, pool: usize): void {
  const s = changetype<ConvShape>(conv), p = changetype<PoolShape>(pool);
  const image = <i32> imageBytes(s.channels, s.height * s.width);
  const step = s.strideWidth * s.channels * 4, rowStep = s.strideHeight * s.width * s.channels * 4;
  const outHeight = p.outHeight, outWidth = p.outWidth, outPixels = outHeight * outWidth, pixel: usize = s.pixel;
  const zero = i32x4.splat(0), laneSteps = i32x4.mul(i32x4.splat(image), i32x4(0, 1, 2, 3));
  const places = ownRoom(scratch, <usize> (p.windowHeight * p.windowWidth + 1) << 2), begin = eventsOf(events, s);
  let output = 0;
  while ((output = nextShare(s.outputs)) < s.outputs) {
    // How far each place of a pooling window lies from its first; in front, what place -1 reads.
    store<i32>(places, 0);
    for (let h = 0, at = places + 4; h < p.windowHeight; h++) {
      for (let w = 0; w < p.windowWidth; w++, at += 4) store<i32>(at, h * rowStep + w * step);
    }
    let event = begin + (<usize> (output * outPixels * s.lanes) << 3);
    let index = events + (<usize> (output * (s.lanes / GROUP + 1)) << 2);
    for (let lane = 0; lane < s.lanes; lane += GROUP, index += 4) {
      store<i32>(index, <i32> ((event - begin) >> 3));
      let at: usize = <usize> (output * outPixels * s.lanes + lane) << 2;
      for (let i = 0; i < outHeight; i++) {
        for (let j = 0; j < outWidth; j++, at += pixel) {
          const place = v128.load(winner + at), gradient = v128.load(dy + at);
          const alive = i32x4.bitmask(v128.and(i32x4.ge_s(place, zero), f32x4.ne(gradient, zero)));
          if (!alive) continue;
          let steps = v128.load32_zero(places + (i32x4.extract_lane(place, 0) << 2), 4);
          steps = v128.load32_lane(places + (i32x4.extract_lane(place, 1) << 2), steps, 1, 4);
          steps = v128.load32_lane(places + (i32x4.extract_lane(place, 2) << 2), steps, 2, 4);
          steps = v128.load32_lane(places + (i32x4.extract_lane(place, 3) << 2), steps, 3, 4);
          const corner = lane * image + i * p.strideHeight * rowStep + j * p.strideWidth * step;
          event = fourEvents(event, i32x4.add(i32x4.add(laneSteps, i32x4.splat(corner)), steps), gradient, alive);
        }
      }
    }
    store<i32>(index, <i32> ((event - begin) >> 3));
  }
}
