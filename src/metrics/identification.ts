/**
 * Whether a reconstruction tells which image was attacked, and not only which class: the image is picked from among
 * others of its label.
 *
 * @module
 */
import { finiteRows, integer } from "../checks/numbers.ts";
import { type KnownInterval, wilsonInterval } from "./interval.ts";

/** A share of the images, with its 95 % interval (Wilson's score) and what guessing would reach. */
export interface ShareByChance extends KnownInterval {
  /** The share that a blind guess is expected to reach. */
  readonly chance: number;
}

/** What {@link identification} measured. */
export interface Identification {
  /** Number of images of which it can be said: those with contrast. */
  readonly images: number;
  /** Images left out: of one colour all over, or all of whose decoys are, so that nothing correlates with them. */
  readonly undefined: number;
  /** Decoys of each; those of one colour all over are left out, and chance counts the others. */
  readonly decoys: number;
  /** Images whose reconstruction resembles them more than any decoy. */
  readonly identified: ShareByChance;
  /** Images that are among the five that their reconstruction resembles most. */
  readonly topFive: ShareByChance;
  /** Median of the ranks; half-way between the middle two of an even number. */
  readonly medianRank: number;
  /**
   * Each image's rank: 1 and the decoys that its reconstruction resembles at least as much. NaN for an image left out,
   * which JSON writes as null.
   */
  readonly ranks: readonly number[];
}

/** What is compared with what. All images are `[images][size]`. */
export interface IdentificationOptions {
  /** Pixels of an image, over all channels. */
  readonly size: number;
  /** The images attacked. */
  readonly originals: Float32Array;
  /** What the attack made of each. */
  readonly reconstructions: Float32Array;
  /** The images that decoys are taken from. */
  readonly pool: Float32Array;
  /** For each image attacked the places of its decoys in the pool: as many for each; see {@link sameLabelDecoys}. */
  readonly decoys: readonly ArrayLike<number>[];
}

/** Images with their mean taken away and length 1, so that the product of two is their correlation. */
interface Standardized {
  /** `[images][size]`; of an image without contrast all 0. */
  readonly values: Float64Array;
  /** 1 for each image with contrast; 0 for one of one colour all over, with which nothing correlates. */
  readonly hasContrast: Uint8Array;
}

function standardized(name: string, images: Float32Array, size: number): Standardized {
  finiteRows(name, images, size);
  const count = images.length / size, values = new Float64Array(images.length), hasContrast = new Uint8Array(count);
  for (let image = 0; image < count; image++) {
    const pixels = images.subarray(image * size, (image + 1) * size), first = pixels[0]!;
    // Compared, not computed: the rounding of a mean would make contrast of nothing.
    if (pixels.every((pixel) => pixel === first)) continue;
    hasContrast[image] = 1;
    const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / size;
    const length = Math.sqrt(pixels.reduce((sum, pixel) => sum + (pixel - mean) * (pixel - mean), 0));
    for (let i = 0; i < size; i++) values[image * size + i] = (pixels[i]! - mean) / length;
  }
  return { values, hasContrast };
}

function checkShapes({ size, originals, reconstructions, pool, decoys }: IdentificationOptions): number {
  integer("size", size);
  const images = originals.length / size, places = pool.length / size;
  if (!Number.isInteger(images) || images < 1 || !Number.isInteger(places)) {
    throw new RangeError(
      `originals has ${originals.length} values and pool ${pool.length}; each must be whole images of ${size}, the originals at least one`,
    );
  }
  if (reconstructions.length !== originals.length) {
    throw new RangeError(`reconstructions has ${reconstructions.length} values, but originals ${originals.length}`);
  }
  if (decoys.length !== images) throw new RangeError(`decoys has ${decoys.length} lists; there are ${images} images`);
  const each = decoys[0]!.length;
  decoys.forEach((list, image) => {
    if (list.length !== each || each < 1) {
      throw new RangeError(`decoys[${image}] has ${list.length} places; each list must have as many, at least one`);
    }
    const wrong = Array.from(list).find((place) => !(Number.isInteger(place) && place >= 0 && place < places));
    if (wrong !== undefined) {
      throw new RangeError(`decoys[${image}] names place ${wrong}; the pool has ${places} images`);
    }
  });
  return each;
}

/**
 * How often the reconstruction alone tells which of the same label's images was attacked: the one with which it
 * correlates most (Pearson, over all pixels). A tie counts against the attacker, and a reconstruction without contrast,
 * of one colour all over, identifies nothing: its rank is the last. Originals and decoys without contrast are left out,
 * since no correlation with them is defined; how many originals that were stands in the result. The same bits in every
 * runtime.
 *
 * @throws {RangeError} that names the argument if sizes do not fit, a pixel is not finite, or no original with contrast
 * is left.
 * @example
 * ```ts
 * import { identification } from "@tacet/tacet";
 * const originals = Float32Array.of(0, 1, 0, 1), pool = Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0);
 * const { identified } = identification({ size: 4, originals, reconstructions: Float32Array.of(0.4, 0.6, 0.4, 0.5), pool, decoys: [[0, 1]] });
 * console.log(identified.mean, identified.chance); // 1, a third
 * ```
 */
export function identification(options: IdentificationOptions): Identification {
  const { size, originals, reconstructions, pool, decoys } = options;
  const each = checkShapes(options);
  const candidates = standardized("pool", pool, size);
  const truths = standardized("originals", originals, size);
  const guesses = standardized("reconstructions", reconstructions, size);
  const correlation = (guess: number, { values }: Standardized, other: number) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += guesses.values[guess * size + i]! * values[other * size + i]!;
    return sum;
  };
  /** Decoys of the images ranked. */
  const left: number[] = [];
  const ranks = decoys.map((places, image) => {
    const rivals = Array.from(places).filter((place) => candidates.hasContrast[place]);
    if (!truths.hasContrast[image] || rivals.length === 0) return NaN;
    left.push(rivals.length);
    if (!guesses.hasContrast[image]) return rivals.length + 1;
    const own = correlation(image, truths, image);
    return 1 + rivals.filter((place) => correlation(image, candidates, place) >= own).length;
  });
  const ranked = ranks.filter((rank) => !Number.isNaN(rank));
  if (ranked.length === 0) {
    throw new RangeError(
      "originals: no image has contrast, or none a decoy that has: nothing correlates with images of one colour",
    );
  }
  const chance = (limit: number) => {
    const shares = left.map((rivals) => Math.min(1, limit / (rivals + 1)));
    return shares[0]! + shares.reduce((sum, share) => sum + (share - shares[0]!), 0) / shares.length;
  };
  const within = (limit: number): ShareByChance => ({
    ...wilsonInterval(ranked.filter((rank) => rank <= limit).length, ranked.length),
    chance: chance(limit),
  });
  const sorted = ranked.toSorted((a, b) => a - b), middle = (sorted.length - 1) / 2;
  const medianRank = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  const undefinedCount = ranks.length - ranked.length;
  return {
    images: ranked.length,
    undefined: undefinedCount,
    decoys: each,
    identified: within(1),
    topFive: within(5),
    medianRank,
    ranks,
  };
}
