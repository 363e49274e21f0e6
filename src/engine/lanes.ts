/**
 * Between images one behind the other and images as lanes, which activations are.
 *
 * @module
 */

/** Floats in which images stand: float64 in the reference engine that checks gradients. */
type Floats = Float32Array | Float64Array;

/** The number of lanes that hold a batch of `images`: the next multiple of 8 (two vectors of four). */
export function lanesOf(images: number): number {
  return Math.ceil(images / 8) * 8;
}

/** Lays `[images][size]` out as `[size][lanes]`, from `at` on; lanes without an image become 0. */
export function intoLanes(values: Float32Array, images: number, to: Floats, at: number, lanes: number): void {
  const size = values.length / images;
  for (let i = 0; i < size; i++) {
    for (let lane = 0; lane < lanes; lane++) {
      to[at + i * lanes + lane] = lane < images ? values[lane * size + i]! : 0;
    }
  }
}

/** The reverse: `[size][lanes]`, from `at` on, as `[images][size]`. */
export function fromLanes(from: Floats, at: number, lanes: number, images: number, size: number): Float32Array {
  const values = new Float32Array(images * size);
  for (let i = 0; i < size; i++) {
    for (let lane = 0; lane < images; lane++) values[lane * size + i] = from[at + i * lanes + lane]!;
  }
  return values;
}
