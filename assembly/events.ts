/**
 * Gradients of a pooled convolution as a list of events: only a window's winner that ReLU let through has a gradient. An event is a pair (where the window that the winner saw
 * begins in `[image][row][column][channel]`, in bytes; gradient). All events of output o stand before those of o + 1: begins[o] is o's first.
 */
import { ConvShape } from "./convolution";
import { PoolShape } from "./pooling";

/** Where the events of an output begin, behind the index of `outputs` + 1. */
export function eventAt(events: usize, output: i32, s: ConvShape): usize {
  return events + (<usize> (s.outputs + 2 & ~1) << 2) + (<usize> load<i32>(events + (<usize> output << 2)) << 3);
}

/** Writes the events of four lanes of a pooled pixel, whose windows lie at `offsets`; returns where the next event goes. */
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
