/**
 * The strongest attack on what a network gives out: who has the network and the candidates computes it for each.
 *
 * @module
 */
import { finiteRows, integer, MOST_SEED } from "../checks/numbers.ts";
import type { ShareByChance } from "../metrics/identification.ts";
import { wilsonInterval } from "../metrics/interval.ts";
import { Random } from "../random/threefry.ts";

/** The first stream of the seed from which ties are broken; each target takes the next. */
const TIE_STREAM = 0xd000_0000;

/** Who is to be found, and where. */
export interface CandidateMatchingOptions {
  /** What the network gives out of each image, `[images][size]`. */
  readonly features: Float32Array;
  /** Values of an image. */
  readonly size: number;
  /** The places of the images that are to be found. */
  readonly targets: ArrayLike<number>;
  /** For each of them the places of the other candidates, as many for each; see {@link sameLabelDecoys}. */
  readonly decoys: readonly ArrayLike<number>[];
  /** From which ties are broken; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
}

/** What {@link matchCandidates} found. */
export interface CandidateMatching {
  /** Targets that were named. */
  readonly identified: ShareByChance;
  /** The share to be expected with these candidates, whichever way ties are broken: 1 / (those alike), on average. */
  readonly expected: number;
}

/**
 * Numbers the rows of features: the same number for those that are the same to the bit, from 0 on as they first occur.
 * With them {@link certifyCodes} counts what any layer gives away, coded or not.
 *
 * @param features `[images][size]`
 * @throws {RangeError} if these are no whole rows, or one is not finite.
 * @example
 * ```ts
 * import { distinctFeatures } from "@tacet/tacet";
 * console.log(distinctFeatures(Float32Array.of(0, 1, 0.5, 1, 0, 1), 2)); // Int32Array [0, 1, 0]
 * ```
 */
export function distinctFeatures(features: Float32Array, size: number): Int32Array {
  integer("size", size);
  const images = features.length / size;
  if (!Number.isInteger(images)) {
    throw new RangeError(`features has ${features.length} values; it must be whole images of ${size}`);
  }
  finiteRows("features", features, size, "image", "feature");
  const bits = new Uint32Array(features.buffer, features.byteOffset, features.length);
  const known = new Map<string, number>();
  return Int32Array.from({ length: images }, (_, image) => {
    const row = bits.subarray(image * size, (image + 1) * size).join(), number = known.get(row) ?? known.size;
    known.set(row, number);
    return number;
  });
}

/**
 * Names for each target the candidate whose features are the target's, and of several that are alike one by chance. No
 * attack on deterministic features that has the candidates does better; {@link certifyCodes} says by counting what it
 * comes to on average.
 *
 * @throws {RangeError} if a place is none of an image, lists differ in length, or a feature is not finite.
 * @example
 * ```ts
 * import { matchCandidates } from "@tacet/tacet";
 * const features = Float32Array.of(0, 0, 1, 1), { expected } = matchCandidates({ features, size: 1, targets: [0], decoys: [[1, 2]] });
 * console.log(expected); // 0.5: one of the decoys has the target's feature, too
 * ```
 */
export function matchCandidates(options: CandidateMatchingOptions): CandidateMatching {
  const { features, size, targets, decoys, seed = 1 } = options;
  integer("seed", seed, 0, MOST_SEED);
  const numbers = distinctFeatures(features, size), last = numbers.length - 1;
  if (decoys.length !== targets.length || targets.length === 0) {
    throw new RangeError(`decoys has ${decoys.length} lists for ${targets.length} targets; each needs one`);
  }
  const each = decoys[0]!.length;
  let expected = 0, named = 0;
  for (let i = 0; i < targets.length; i++) {
    const own = numbers[integer(`targets[${i}]`, targets[i]!, 0, last, ", the last image")];
    if (decoys[i]!.length !== each || each < 1) {
      throw new RangeError(`decoys[${i}] has ${decoys[i]!.length} places; each list must have as many, at least one`);
    }
    const places = Array.from(decoys[i]!, (place) => integer(`decoys[${i}]`, place, 0, last, ", the last image"));
    const alike = 1 + places.filter((place) => numbers[place] === own).length;
    expected += 1 / alike / targets.length;
    if (new Random(seed, TIE_STREAM + i).integer(alike) === 0) named++;
  }
  return { identified: { ...wilsonInterval(named, targets.length), chance: 1 / (each + 1) }, expected };
}
