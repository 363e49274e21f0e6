/**
 * The structural similarity of two images.
 *
 * Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
 * similarity", IEEE Transactions on Image Processing 13(4), 2004; with a uniform window and the sample covariance, as
 * scikit-image computes it by default.
 *
 * @module
 */

import { finite, integer } from "../checks/numbers.ts";

/** Side of the square window, in pixels. */
const WINDOW = 7;
const WINDOW_PIXELS = WINDOW * WINDOW;
/** Sample (co)variance from the mean of the window's 49 products. */
const SAMPLE = WINDOW_PIXELS / (WINDOW_PIXELS - 1);
const K1 = 0.01;
const K2 = 0.03;

/**
 * The `dataRange` that MindArmour gives to SSIM, whose images lie in [-1, 1]; its published figures have it. On images
 * from 0 to 1 it flatters the likeness: faint noise, which has 0.81 by their own range, has 0.92.
 *
 * @example
 * ```ts
 * import { MINDARMOUR_DATA_RANGE, ssim } from "@tacet/tacet";
 * const image = Float32Array.from({ length: 64 }, (_, i) => i / 64), size = { channels: 1, height: 8, width: 8 };
 * console.log(ssim(image, image, { ...size, dataRange: MINDARMOUR_DATA_RANGE })); // 1
 * ```
 */
export const MINDARMOUR_DATA_RANGE = 2;

/** Size and range of the images that {@linkcode ssim} compares. */
export interface SsimOptions {
  /** Channels of an image: 1 for grey. */
  readonly channels: number;
  /** Height of an image in pixels, at least 7. */
  readonly height: number;
  /** Width of an image in pixels, at least 7. */
  readonly width: number;
  /**
   * Largest possible pixel minus smallest possible. Default 1, that of images from 0 to 1; MindArmour's is {@linkcode
   * MINDARMOUR_DATA_RANGE}.
   */
  readonly dataRange?: number;
}

/**
 * Structural similarity (SSIM) of two images `[channel][row][column]`: 1 for equal images, about 0 for unrelated ones,
 * negative for inverted structure. Window 7x7, every pixel of equal weight; sample covariance; K1 0.01, K2 0.03; the
 * mean over all windows, then over channels; float64. Time and memory grow with the pixels, not with the window.
 *
 * @throws {RangeError} if an image is smaller than the window, its length is not `channels * height * width`,
 * `dataRange` is not positive, or a pixel is not finite.
 *
 * @example
 * ```ts
 * import { ssim } from "@tacet/tacet";
 * const image = Float32Array.from({ length: 64 }, (_, i) => i / 64);
 * console.log(ssim(image, image, { channels: 1, height: 8, width: 8 })); // 1
 * ```
 */
export function ssim(original: ArrayLike<number>, compared: ArrayLike<number>, options: SsimOptions): number {
  const { channels, height, width, dataRange = 1 } = options;
  integer("channels", channels);
  for (const [name, value] of Object.entries({ height, width })) {
    integer(name, value, WINDOW, Infinity, ", the side of the window");
  }
  if (!(dataRange > 0 && dataRange < Infinity)) {
    throw new RangeError(
      `dataRange is ${dataRange}; it must be positive and finite: the largest possible pixel minus the smallest`,
    );
  }
  const pixels = height * width;
  for (const [name, image] of [["original", original], ["compared", compared]] as const) {
    if (image.length !== channels * pixels) {
      throw new RangeError(
        `${name} has ${image.length} pixels; channels * height * width is ${channels} * ${height} * ${width} = ${
          channels * pixels
        }`,
      );
    }
  }
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    total += channelSsim(original, compared, channel * pixels, height, width, dataRange);
  }
  if (!Number.isFinite(total)) {
    finite("original", original);
    finite("compared", compared);
    throw new RangeError(
      "original or compared holds values too large to square; pixels must be finite, so squared too",
    );
  }
  return total / channels;
}

/**
 * Mean SSIM of one channel that starts at `base`. The definition mirrors pixels beyond the edge and then leaves a
 * border of 3 pixels out of the mean; a 7x7 window centred inside that border never reaches beyond the edge, so no
 * pixel need be mirrored.
 */
function channelSsim(
  original: ArrayLike<number>,
  compared: ArrayLike<number>,
  base: number,
  height: number,
  width: number,
  dataRange: number,
): number {
  const c1 = K1 * dataRange * (K1 * dataRange);
  const c2 = K2 * dataRange * (K2 * dataRange);
  // Variances do not depend on a common offset. Without the channel's mean, E[a*a] - E[a]*E[a] loses few digits to
  // cancellation.
  const offsetA = mean(original, base, height * width);
  const offsetB = mean(compared, base, height * width);
  // For each column, sums over the window's rows: of a, b, a*a, b*b and a*b.
  const columns = () => new Float64Array(width);
  const sumsA = columns(), sumsB = columns(), sumsAA = columns(), sumsBB = columns(), sumsAB = columns();
  let total = 0;
  for (let top = 0; top + WINDOW <= height; top++) {
    for (let column = 0; column < width; column++) {
      // Summed anew for each row: running sums would carry the rounding of every row above.
      let a = 0, b = 0, aa = 0, bb = 0, ab = 0;
      for (let at = base + top * width + column, row = 0; row < WINDOW; row++, at += width) {
        const pixelA = original[at]! - offsetA;
        const pixelB = compared[at]! - offsetB;
        a += pixelA;
        b += pixelB;
        aa += pixelA * pixelA;
        bb += pixelB * pixelB;
        ab += pixelA * pixelB;
      }
      sumsA[column] = a;
      sumsB[column] = b;
      sumsAA[column] = aa;
      sumsBB[column] = bb;
      sumsAB[column] = ab;
    }
    for (let left = 0; left + WINDOW <= width; left++) {
      const meanA = windowMean(sumsA, left);
      const meanB = windowMean(sumsB, left);
      const varianceA = SAMPLE * (windowMean(sumsAA, left) - meanA * meanA);
      const varianceB = SAMPLE * (windowMean(sumsBB, left) - meanB * meanB);
      const covariance = SAMPLE * (windowMean(sumsAB, left) - meanA * meanB);
      const a = meanA + offsetA;
      const b = meanB + offsetB;
      total += ((2 * a * b + c1) * (2 * covariance + c2)) / ((a * a + b * b + c1) * (varianceA + varianceB + c2));
    }
  }
  return total / ((height - WINDOW + 1) * (width - WINDOW + 1));
}

function windowMean(columns: Float64Array, left: number): number {
  let sum = 0;
  for (let column = left; column < left + WINDOW; column++) sum += columns[column]!;
  return sum / WINDOW_PIXELS;
}

function mean(image: ArrayLike<number>, base: number, pixels: number): number {
  let sum = 0;
  for (let i = base; i < base + pixels; i++) sum += image[i]!;
  return sum / pixels;
}
