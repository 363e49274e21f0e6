/**
 * What counting says: among how many candidates an image stays hidden of which a code was sent.
 *
 * @module
 */
import type { ResponseGroup } from "./response.ts";

/** Codes that are sent for one another, and how many images have each. Without chance each code is alone. */
export interface CountedGroup extends ResponseGroup {
  /** Images of each code, in the order of `codes`. */
  readonly sets: readonly number[];
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** How many images there are in groups. */
export function imagesOf(groups: readonly CountedGroup[]): number {
  return total(groups.map(({ sets }) => total(sets)));
}

/**
 * The probability that some of `drawn` images, taken without replacement from `all`, is one of a set: 1 - C(all - set,
 * drawn) / C(all, drawn), in logarithms; both numbers are at most `all`.
 */
export function hit(all: number, set: number, drawn: number): number {
  if (set + drawn > all) return 1;
  // The ratio is the same with both exchanged: the fewer factors are taken.
  const [fewer, more] = set < drawn ? [set, drawn] : [drawn, set];
  let logMissed = 0;
  for (let i = 0; i < fewer; i++) logMissed += Math.log1p(-more / (all - i));
  return -Math.expm1(logMissed);
}

/**
 * The probability that the best attack names the target: of `candidates` images drawn uniformly without replacement one
 * is the target, uniformly, of which a code was sent; all else is known. It is the expected sum, over what can be sent,
 * of the probability that the likeliest candidate sends it, over their number. Without chance that is the number of
 * distinct codes among the candidates: whoever knows the code knows the target but for those that share it.
 *
 * Source of the expected number: Hurlbert, "The nonconcept of species diversity", Ecology 52, 1971.
 */
export function identificationBound(groups: readonly CountedGroup[], candidates: number): number {
  const all = imagesOf(groups);
  const likeliest = ({ sets, kept, swapped }: CountedGroup) =>
    total(sets.map((set) => hit(all, set, candidates))) * (kept - swapped) +
    sets.length * swapped * hit(all, total(sets), candidates);
  return total(groups.map(likeliest)) / candidates;
}

/** The same for each code of a group, once it is known that it was sent, by one of `all` images. */
export function boundsGivenCode(all: number, group: CountedGroup, candidates: number): number[] {
  const { sets, kept, swapped } = group, images = total(sets), some = hit(all, images, candidates);
  return sets.map((set) => {
    const own = hit(all, set, candidates);
    return (own * kept + (some - own) * swapped) * all / (candidates * (set * kept + (images - set) * swapped));
  });
}

/**
 * What no choice of candidates beats, whoever makes it: as many of them as can differ. The first of a group adds all
 * that the group can send, any further one what it sends itself and nobody else.
 */
export function chosenBound(groups: readonly ResponseGroup[], candidates: number): number {
  const gains = groups.flatMap(({ codes, kept, swapped }) => codes.map((_, i) => i === 0 ? 1 : kept - swapped));
  return total(gains.sort((a, b) => b - a).slice(0, candidates)) / candidates;
}
