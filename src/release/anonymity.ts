/**
 * What counting says: among how many candidates an image stays hidden whose code is known.
 *
 * @module
 */

/**
 * The probability that none of `drawn` images, taken without replacement from `all`, is one of a set: C(all - set,
 * drawn) / C(all, drawn), as its logarithm; both numbers are at most `all`.
 */
function logMissed(all: number, set: number, drawn: number): number {
  if (set + drawn > all) return -Infinity;
  // The ratio is the same with both exchanged: the fewer factors are taken.
  const [fewer, more] = set < drawn ? [set, drawn] : [drawn, set];
  let sum = 0;
  for (let i = 0; i < fewer; i++) sum += Math.log1p(-more / (all - i));
  return sum;
}

/**
 * The probability that the best attack names the target: of `candidates` images drawn uniformly without replacement one
 * is the target, uniformly, whose code is known, as are the candidates and everything else. It is the expected number
 * of distinct codes among the candidates over their number: whoever knows the code knows the target but for those that
 * share it.
 *
 * @param sets images of each code that occurs; their sum is the population
 * @param candidates at most the population
 *
 * Source of the expected number: Hurlbert, "The nonconcept of species diversity", Ecology 52, 1971.
 */
export function identificationBound(sets: readonly number[], candidates: number): number {
  const all = sets.reduce((sum, set) => sum + set, 0);
  return sets.reduce((sum, set) => sum - Math.expm1(logMissed(all, set, candidates)), 0) / candidates;
}

/**
 * The same once it is known which code was sent, that of `set` images of `all`, each by chance: with probability `kept`
 * the own code of an image, and with `swapped` each other one.
 */
export function boundGivenCode(
  all: number,
  set: number,
  candidates: number,
  { kept, swapped }: { readonly kept: number; readonly swapped: number },
): number {
  const some = -Math.expm1(logMissed(all, set, candidates)), share = set / all;
  return (some * kept + (1 - some) * swapped) / (candidates * (share * kept + (1 - share) * swapped));
}
