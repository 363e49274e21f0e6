/** Dropout: elements that are left out by chance, four images at a time. */
import { nextShare, sharesOf } from "./shares";

/** Floats of a share, about. */
const SHARE = 1024;

/** @inline */
function mix(x0: v128, x1: v128, rotation: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(x1, rotation), i32x4.shr_u(x1, 32 - rotation)), x0);
}

/** Word 0 of Threefry-2x32-20 for four counters (`counter0`, one of `counter1`); see `random.ts`. */
function words(key0: i32, key1: i32, counter0: i32, counter1: v128): v128 {
  let x0 = i32x4.splat(counter0 + key0), x1 = i32x4.add(counter1, i32x4.splat(key1));
  let a = key1, b = key0 ^ key1 ^ 0x1bd11bda, c = key0;
  for (let group = 0; group < 5; group++) {
    const even = !(group & 1);
    x0 = i32x4.add(x0, x1), x1 = mix(x0, x1, even ? 13 : 17);
    x0 = i32x4.add(x0, x1), x1 = mix(x0, x1, even ? 15 : 29);
    x0 = i32x4.add(x0, x1), x1 = mix(x0, x1, even ? 26 : 16);
    x0 = i32x4.add(x0, x1), x1 = mix(x0, x1, even ? 6 : 24);
    x0 = i32x4.add(x0, i32x4.splat(a));
    x1 = i32x4.add(x1, i32x4.splat(b + group + 1));
    const next = c;
    c = a;
    a = b;
    b = next;
  }
  return x0;
}

/** x, y: `[elements][lanes]`. */
export function dropout(
  x: usize,
  y: usize,
  elements: i32,
  lanes: i32,
  key0: i32,
  key1: i32,
  first: i32,
  threshold: i32,
  scale: f32,
): void {
  const rows = max(1, SHARE / lanes), shares = sharesOf(elements, rows), scales = f32x4.splat(scale);
  const least = i32x4.splat(threshold), fours = i32x4(first, first + 1, first + 2, first + 3);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const end = min((share + 1) * rows, elements);
    for (let element = share * rows; element < end; element++) {
      const row: usize = (element * lanes) << 2;
      for (let lane = 0; lane < lanes; lane += 4) {
        const at = row + (<usize> lane << 2), word = words(key0, key1, element, i32x4.add(fours, i32x4.splat(lane)));
        const kept = i32x4.ge_u(word, least);
        v128.store(y + at, v128.and(kept, f32x4.mul(v128.load(x + at), scales)));
      }
    }
  }
}
