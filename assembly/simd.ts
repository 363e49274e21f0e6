/** The two ways of multiply-add, and sums over vectors. */

/** a * b + c: fused in the relaxed-simd build where the processor can, multiplied then added in the simd128 build. */
// @ts-ignore: decorator

export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes, (0 + 2) + (1 + 3). */
// @ts-ignore: decorator

export function sum(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The first of a tile of `size` outputs that begins at `start`: the last tile is moved back to end at `count`, so that every tile is full. */
// @ts-ignore: decorator

export function tileStart(start: i32, size: i32, count: i32): i32 {
  return min(start, count - size);
}
