/** Seeded draws: Threefry-2x32 with 20 rounds (Salmon et al., 2011), and the distributions made of it. */

import { cosine, logarithm } from "./math";

/** @inline */
function mix(x0: u32, x1: u32, rotation: u32): u64 {
  x0 += x1;
  return (<u64> (rotl(x1, rotation) ^ x0) << 32) | x0;
}

/** One block: word 0 in the low half, word 1 in the high half. */
export function threefry(key0: u32, key1: u32, counter0: u32, counter1: u32): u64 {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  let x = (<u64> (counter1 + key1) << 32) | (counter0 + key0);
  let a = key1, b = key2, c = key0;
  for (let group: u32 = 0; group < 5; group++) {
    const even = !(group & 1);
    x = mix(<u32> x, <u32> (x >> 32), even ? 13 : 17);
    x = mix(<u32> x, <u32> (x >> 32), even ? 15 : 29);
    x = mix(<u32> x, <u32> (x >> 32), even ? 26 : 16);
    x = mix(<u32> x, <u32> (x >> 32), even ? 6 : 24);
    x = (<u64> (<u32> (x >> 32) + b + group + 1) << 32) | (<u32> x + a);
    const next = c;
    c = a;
    a = b;
    b = next;
  }
  return x;
}

const TWO_TO_32: f64 = 4294967296.0;

/** out [count]. */
export function fillUniform(out: usize, count: i32, seed: i32, stream: i32, low: f32, high: f32): void {
  for (let i = 0; i < count; i++) {
    const word = <u32> threefry(seed, stream, i, 0);
    store<f32>(out + (i << 2), <f32> (<f64> low + (<f64> high - <f64> low) * (<f64> word / TWO_TO_32)));
  }
}

/** out [count]. */
export function fillNormal(out: usize, count: i32, seed: i32, stream: i32, deviation: f32, limit: f32): void {
  for (let i = 0; i < count; i++) {
    let draw: f64 = 0;
    for (let attempt = 0;; attempt++) {
      const words = threefry(seed, stream, i, attempt);
      const radius = sqrt(-2 * logarithm((<f64> <u32> words + 1) / TWO_TO_32));
      draw = radius * cosine(2 * Math.PI * <f64> (words >> 32) / TWO_TO_32);
      if (limit == 0 || abs(draw) <= <f64> limit) break;
    }
    store<f32>(out + (i << 2), <f32> (draw * <f64> deviation));
  }
}
