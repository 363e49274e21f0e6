/** The two ways of multiply-add, and sums over vectors. */

/**
 * a * b + c: fused in the relaxed-simd build where the processor can, multiplied then added in the simd128 build, which
 * is made of that, see `src/engine/cpu/wasm/rounded.ts`.
 */
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** The sum of the four lanes, (0 + 2) + (1 + 3). @inline */
export function sum(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * The first of a tile of `size` outputs that begins at `start`: the last tile is moved back to end at `count`, so that
 * every tile is full.
 *
 * @inline
 */
export function tileStart(start: i32, size: i32, count: i32): i32 {
  return min(start, count - size);
}

/** Stores eight vectors side by side. @inline */
export function storeEight(
  y: usize,
  v0: v128,
  v1: v128,
  v2: v128,
  v3: v128,
  v4: v128,
  v5: v128,
  v6: v128,
  v7: v128,
): void {
  v128.store(y, v0);
  v128.store(y, v1, 16);
  v128.store(y, v2, 32);
  v128.store(y, v3, 48);
  v128.store(y, v4, 64);
  v128.store(y, v5, 80);
  v128.store(y, v6, 96);
  v128.store(y, v7, 112);
}

/** -1 in those of the four lanes from `lane` on that hold an image. */
export function imageLanes(lane: i32, images: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(lane), i32x4(0, 1, 2, 3)), i32x4.splat(images));
}

/** Sets the lanes from `begin` to before `end` to 0 in `rows` rows, `pixel` bytes from one to the next. */
export function clearLanes(out: usize, rows: i32, begin: i32, end: i32, pixel: usize): void {
  const bytes: usize = (end - begin) << 2;
  if (!bytes) return;
  for (; rows > 0; rows--, out += pixel) memory.fill(out + (begin << 2), 0, bytes);
}
