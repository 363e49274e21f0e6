/**
 * How well an image can be rebuilt at best by whoever knows its code, its label and all images that there are.
 *
 * @module
 */
import { finiteRows } from "../checks/numbers.ts";

/** What no reconstruction from code and label beats, on average over a finite population of images. */
export interface BestReconstruction {
  /**
   * A mean of ||image - reconstruction|| / ||image|| that no attack gets below: within 0.1 % or so of the least there
   * is. Images that are 0 everywhere are left out.
   */
  readonly leastL2: number;
  /**
   * The highest mean correlation with the originals. Images of one colour, with which nothing correlates, are left out.
   */
  readonly highestCorrelation: number;
  /** Images left out of each. */
  readonly undefined: { readonly l2: number; readonly correlation: number };
}

/** Steps of Weiszfeld's iteration: whatever is missing then makes the bound lower, not wrong. */
const STEPS = 30;

/** The images that share code and label, as lists of their places. */
function cellsOf(codes: ArrayLike<number>, labels: ArrayLike<number>): number[][] {
  const cells = new Map<string, number[]>();
  for (let image = 0; image < codes.length; image++) {
    const key = `${labels[image]} ${codes[image]}`, known = cells.get(key);
    if (known) known.push(image);
    else cells.set(key, [image]);
  }
  return [...cells.values()];
}

const lengthOf = (values: ArrayLike<number>) => {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
};

/**
 * A lower bound of the sum of ||x - r|| / ||x|| over images x, whatever r: with the weighted geometric median nearly
 * reached, by duality. For any u of each image, no longer than 1, that add up to 0 with the weights w, the sum is at
 * least that of w <u, x>.
 *
 * Source of the iteration: Weiszfeld, "Sur le point pour lequel la somme des distances de n points donnés est minimum",
 * Tôhoku Mathematical Journal 43, 1937.
 */
function leastDistances(images: readonly Float32Array[]): number {
  const size = images[0]!.length, weights = images.map((image) => 1 / lengthOf(image));
  const middle = new Float64Array(size), sum = new Float64Array(size), apart = new Float64Array(size);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  images.forEach((image, i) => {
    for (let k = 0; k < size; k++) middle[k]! += weights[i]! * image[k]! / total;
  });
  /** Calls `use` with each image's weight and distance, and what is between it and the middle in `apart`. */
  const each = (use: (weight: number, distance: number, image: Float32Array) => void) =>
    images.forEach((image, i) => {
      for (let k = 0; k < size; k++) apart[k] = image[k]! - middle[k]!;
      use(weights[i]!, lengthOf(apart), image);
    });
  for (let step = 0; step < STEPS; step++) {
    let pulls = 0;
    sum.fill(0);
    each((weight, distance, image) => {
      // At an image itself the iteration would stay for good: it counts as if it were near.
      const pull = weight / Math.max(distance, 1e-9);
      pulls += pull;
      for (let k = 0; k < size; k++) sum[k]! += pull * image[k]!;
    });
    for (let k = 0; k < size; k++) middle[k] = sum[k]! / pulls;
  }
  sum.fill(0);
  each((weight, distance) => {
    if (distance > 0) { for (let k = 0; k < size; k++) sum[k]! += weight * apart[k]! / distance; }
  });
  // What does not add up to 0 is taken off each, and the longest may then be longer than 1.
  const residual = lengthOf(sum) / total;
  let least = 0;
  each((weight, distance, image) => {
    for (let k = 0; k < size; k++) {
      least += weight * image[k]! * ((distance > 0 ? apart[k]! / distance : 0) - sum[k]! / total) / (1 + residual);
    }
  });
  return Math.max(0, least);
}

/** ||the sum of images with their mean taken away and length 1||: what the best reconstruction of all correlates. */
function mostCorrelation(images: readonly Float32Array[]): number {
  const size = images[0]!.length, sum = new Float64Array(size), apart = new Float64Array(size);
  for (const image of images) {
    const mean = image.reduce((sum, pixel) => sum + pixel, 0) / size;
    for (let k = 0; k < size; k++) apart[k] = image[k]! - mean;
    const length = lengthOf(apart);
    for (let k = 0; k < size; k++) sum[k]! += apart[k]! / length;
  }
  return lengthOf(sum);
}

/**
 * The figures of the best reconstructions from code and label, exact over these images: within the images that share
 * both, one reconstruction serves all.
 *
 * @param images `[images][pixels]`
 * @throws {RangeError} if these are not whole images for all codes, or a pixel is not finite.
 */
export function bestReconstruction(
  codes: ArrayLike<number>,
  labels: ArrayLike<number>,
  images: Float32Array,
): BestReconstruction {
  const size = images.length / codes.length;
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`images has ${images.length} values; it must be whole images for ${codes.length} codes`);
  }
  finiteRows("images", images, size);
  const image = (place: number) => images.subarray(place * size, (place + 1) * size);
  const cells = cellsOf(codes, labels).map((places) => places.map(image));
  const mean = (isKnown: (image: Float32Array) => boolean, ofCell: (images: readonly Float32Array[]) => number) => {
    const known = cells.map((cell) => cell.filter(isKnown)).filter((cell) => cell.length > 0);
    const count = known.reduce((sum, cell) => sum + cell.length, 0);
    return { mean: known.reduce((sum, cell) => sum + ofCell(cell), 0) / count, undefined: codes.length - count };
  };
  const l2 = mean((one) => one.some((pixel) => pixel !== 0), leastDistances);
  const correlation = mean((one) => one.some((pixel) => pixel !== one[0]), mostCorrelation);
  return {
    leastL2: l2.mean,
    highestCorrelation: correlation.mean,
    undefined: { l2: l2.undefined, correlation: correlation.undefined },
  };
}
