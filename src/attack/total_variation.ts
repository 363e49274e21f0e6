/**
 * Total variation of images: how much neighbouring pixels differ.
 *
 * @module
 */

/**
 * Adds to `derivative`, for each image `[channels][height][width]`, that of its total variation: the mean of
 * |difference| over all vertical and that over all horizontal pairs of neighbours, times `factor`.
 */
export function addTotalVariation(
  images: Float32Array,
  [channels, height, width]: readonly [channels: number, height: number, width: number],
  factor: number,
  derivative: Float32Array,
): void {
  const vertical = factor / Math.max(1, channels * (height - 1) * width);
  const horizontal = factor / Math.max(1, channels * height * (width - 1));
  const pull = (a: number, b: number, by: number) => {
    const sign = Math.sign(images[b]! - images[a]!) * by;
    derivative[a]! -= sign;
    derivative[b]! += sign;
  };
  for (let at = 0; at < images.length; at++) {
    if (at % width < width - 1) pull(at, at + 1, horizontal);
    if (Math.floor(at / width) % height < height - 1) pull(at, at + width, vertical);
  }
}
