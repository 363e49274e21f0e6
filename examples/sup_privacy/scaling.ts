/**
 * Grey images made smaller for a terminal.
 *
 * @module
 */

/** Overlap of [a, a + 1] with [low, high]. */
function overlap(a: number, low: number, high: number): number {
  return Math.max(0, Math.min(a + 1, high) - Math.max(a, low));
}

/**
 * The middle `middle` x `middle` pixels of a square grey image, averaged by area to `height` rows of `width` pixels.
 *
 * @param image `side` * `side` values, row by row
 */
export function shrunk(image: Float32Array, side: number, middle: number, width: number, height: number): Float32Array {
  const margin = (side - middle) / 2;
  const result = new Float32Array(width * height);
  const cellWidth = middle / width, cellHeight = middle / height;
  for (let row = 0; row < height; row++) {
    const top = margin + row * cellHeight, bottom = top + cellHeight;
    for (let column = 0; column < width; column++) {
      const left = margin + column * cellWidth, right = left + cellWidth;
      let sum = 0;
      for (let y = Math.floor(top); y < Math.min(side, Math.ceil(bottom)); y++) {
        for (let x = Math.floor(left); x < Math.min(side, Math.ceil(right)); x++) {
          sum += image[y * side + x]! * overlap(y, top, bottom) * overlap(x, left, right);
        }
      }
      result[row * width + column] = sum / (cellWidth * cellHeight);
    }
  }
  return result;
}
