/**
 * Whether a reconstruction tells which image was attacked, and not only which class: the image is picked from among others of its label.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { type KnownInterval, wilsonInterval } from "./interval.ts";

/** A share of the images, with its 95 % interval (Wilson's score) and what guessing would reach. */
export interface ShareByChance extends KnownInterval {
  /** The share that a blind guess is expected to reach. */
  readonly chance: number;
}

/** What {@link identification} measured. */
export interface Identification {
  /** Number of images. */
  readonly images: number;
  /** Decoys of each. */
  readonly decoys: number;
  /** Images whose reconstruction resembles them more than any decoy. */
  readonly identified: ShareByChance;
  /** Images that are among the five that their reconstruction resembles most. */
  readonly topFive: ShareByChance;
  /** Median of the ranks; half-way between the middle two of an even number. */
  readonly medianRank: number;
  /** Each image's rank: 1 and the decoys that its reconstruction resembles at least as much. */
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

/** The images with their mean taken away and length 1, so that the product of two is their correlation; without variance, all 0. */
function standardized(name: string, images: Float32Array, size: number): Float64Array {
  const count = images.length / size, standard = new Float64Array(images.length);
  for (let image = 0; image < count; image++) {
    const begin = image * size;
    let sum = 0;
    for (let i = begin; i < begin + size; i++) {
      if (!Number.isFinite(images[i]!)) {
        throw new RangeError(`${name}: pixel ${i - begin} of image ${image} is ${images[i]}; it must be finite`);
      }
      sum += images[i]!;
    }
    const mean = sum / size;
    let squares = 0;
    for (let i = begin; i < begin + size; i++) squares += (images[i]! - mean) * (images[i]! - mean);
    const length = Math.sqrt(squares);
    if (length === 0) continue;
    for (let i = begin; i < begin + size; i++) standard[i] = (images[i]! - mean) / length;
  }
  return standard;
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
 * How often the reconstruction alone tells which of the same label's images was attacked: the one with which it correlates most (Pearson, over all pixels). A tie counts against the attacker, and a
 * reconstruction without variance identifies nothing. The same bits in every runtime.
 *
 * @throws {RangeError} that names the argument if sizes do not fit or a pixel is not finite.
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
  const correlation = (guess: number, others: Float64Array, other: number) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += guesses[guess * size + i]! * others[other * size + i]!;
    return sum;
  };
  const ranks = decoys.map((places, image) => {
    const own = correlation(image, truths, image);
    let rank = 1;
    for (let i = 0; i < each; i++) rank += Number(correlation(image, candidates, places[i]!) >= own);
    return rank;
  });
  const within = (limit: number): ShareByChance => ({
    ...wilsonInterval(ranks.filter((rank) => rank <= limit).length, ranks.length),
    chance: Math.min(1, limit / (each + 1)),
  });
  const sorted = ranks.toSorted((a, b) => a - b), middle = (sorted.length - 1) / 2;
  const medianRank = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { images: ranks.length, decoys: each, identified: within(1), topFive: within(5), medianRank, ranks };
}
