/**
 * The certificate of a code: how often the best attack there can be names the image behind it.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { boundGivenCode, identificationBound } from "./anonymity.ts";
import { type BestReconstruction, bestReconstruction } from "./best_reconstruction.ts";
import { DETERMINISTIC, type Response } from "./response.ts";
import { countSets } from "./sets.ts";

/** What to certify, beside the codes and the labels. */
export interface CertificateOptions {
  /** Images among which the attacker has to find the target, from 2 to the images of the rarest label; default 100. */
  readonly candidates?: number;
  /** The images `[images][pixels]` that have the codes: then it is also told how well they could be rebuilt. */
  readonly images?: Float32Array;
  /**
   * Set where neither training nor the code's making saw these images: the confidence, from 0 to 1, with which
   * {@link CodeCertificate.unseen} holds for images of the same kind.
   */
  readonly unseenConfidence?: number;
  /** Set where codes are sent by chance; see {@link randomizedResponse}. Its number of codes must hold all codes. */
  readonly response?: Response;
}

/** The images of one label. */
export interface LabelCertificate {
  /** The label. */
  readonly label: number;
  /** How many images have it. */
  readonly images: number;
  /** How many different codes these have. */
  readonly codes: number;
  /** The share of targets of this label that the best attack names. */
  readonly value: number;
  /** Images of the label's rarest code. */
  readonly smallestSet: number;
}

/** What holds for every attack on a code, over a population that was counted. */
export interface CodeCertificate {
  /** Images among which the attacker has to find the target. */
  readonly candidates: number;
  /** The population: all images that were counted. */
  readonly images: number;
  /**
   * The share of targets that the best attack names, who knows the code, the label and everything else but the target:
   * no attack does better. All candidates have the target's label.
   */
  readonly value: number;
  /** The same where the candidates have any label, and the target's is not told but by its code. */
  readonly unlabelled: number;
  /** Label by label, in order. */
  readonly byLabel: readonly LabelCertificate[];
  /** Both for other numbers of candidates: as many of 2, 10, 100 and 1,000 as every label has, and the whole label. */
  readonly curve: readonly {
    readonly candidates: number | "all of the label";
    readonly value: number;
    readonly unlabelled: number | null;
  }[];
  /**
   * The same for any candidates, whoever chose them: the share of them that are told apart where each has another code.
   * With a randomised response it is at most e^epsilon / (e^epsilon + candidates - 1).
   */
  readonly anyCandidates: number;
  /** Different codes that occur, or that a randomised response can send. */
  readonly codes: number;
  /** Maximal leakage: no guess of whatever about an image gets likelier than by 2^bits. Without chance log2(codes). */
  readonly bits: number;
  /** Images of the rarest code of a label: the anonymity set of those that are worst off. */
  readonly smallestSet: number;
  /** The share of images that have their label and code in common with fewer than 10 and 100, themselves included. */
  readonly sharesInSetsBelow: { readonly 10: number; readonly 100: number };
  /** The code that tells the most, and how often the best attack names the targets that have it. */
  readonly worst: { readonly label: number; readonly code: number; readonly value: number };
  /** For images that were not counted: `value` and what chance may add to it, at most 1; see `unseenConfidence`. */
  readonly unseen?: { readonly confidence: number; readonly margin: number; readonly value: number };
  /** What no reconstruction from code and label beats; see `images`. */
  readonly reconstruction?: BestReconstruction;
}

const CURVE = [2, 10, 100, 1000];

/**
 * Certifies a code by counting: of `candidates` images drawn uniformly from those of a label one is the target; whoever
 * has its code, the candidates, the label, the network and all images cannot name it more often than `value` says,
 * however he computes. Exact for these images, in logarithms; nothing is sampled. A reconstruction of whatever kind
 * that is then compared with the candidates is such an attack.
 *
 * It does not cover: candidates that an attacker chooses (two images with different codes are told apart for certain),
 * what he knows of the target beside its label, several codes of one image or its likes, what all images of a code have
 * in common, and whatever else leaves: gradients, weights, confidences, times. Count anew for images of another kind.
 *
 * Source: the bound is Bayes's; the expected number of distinct codes is Hurlbert's rarefaction (Ecology 52, 1971); that
 * counting codes bounds every gain is Alvim et al., "The Science of Quantitative Information Flow", 2020.
 *
 * @param codes the code of each image, an integer
 * @param labels the label of each image, an integer
 * @throws {RangeError} if lengths differ, an entry is no integer from 0, or a label has fewer images than candidates.
 * @example
 * ```ts
 * import { certifyCodes } from "@tacet/tacet";
 * const labels = Array.from({ length: 400 }, (_, image) => image % 2), codes = labels.map((label, i) => i < 300 ? label : 2);
 * const { value, bits, smallestSet } = certifyCodes(codes, labels, { candidates: 10 });
 * console.log(value.toFixed(3), bits.toFixed(1), smallestSet); // 0.195 1.6 50
 * ```
 */
export function certifyCodes(
  codes: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: CertificateOptions = {},
): CodeCertificate {
  const { candidates = 100, images, unseenConfidence, response } = options;
  const sets = countSets(codes, labels), all = codes.length;
  const scarcest = sets.labels.reduce((least, one) => one.images < least.images ? one : least);
  integer("candidates", candidates, 2, scarcest.images, `, the images of label ${scarcest.label}`);
  const chance = response ?? DETERMINISTIC, known = sets.ofAnyLabel.length;
  if (response) checkCodes(codes, response);
  /** Whoever has none of the candidates' codes, but one of the others, guesses as well as ever. */
  const bound = (sets: readonly number[], drawn: number) =>
    identificationBound(sets, drawn) * (chance.kept - chance.swapped) + (response?.codes ?? 0) * chance.swapped / drawn;
  const within = (drawn: (images: number) => number) =>
    sets.labels.reduce((sum, { images, sets }) => sum + images * bound(sets, drawn(images)), 0) / all;
  const byLabel = sets.labels.map(({ label, images, sets }): LabelCertificate => ({
    label,
    images,
    codes: sets.length,
    value: bound(sets, candidates),
    smallestSet: Math.min(...sets),
  }));
  const value = within(() => candidates), blind = (drawn: number) => bound(sets.ofAnyLabel, drawn);
  const worst = sets.labels.flatMap(({ label, images, sets, codes }) =>
    sets.map((set, i) => ({ label, code: codes[i]!, value: boundGivenCode(images, set, candidates, chance) }))
  ).reduce((most, one) => one.value > most.value ? one : most);
  const below = (least: number) =>
    sets.labels.flatMap(({ sets }) => sets).filter((set) => set < least).reduce((sum, set) => sum + set, 0) / all;
  return {
    candidates,
    images: all,
    value,
    unlabelled: blind(candidates),
    byLabel,
    curve: [
      ...CURVE.filter((drawn) => drawn <= scarcest.images)
        .map((drawn) => ({ candidates: drawn, value: within(() => drawn), unlabelled: blind(drawn) })),
      { candidates: "all of the label", value: within((images) => images), unlabelled: null },
    ],
    anyCandidates: anyCandidates(response?.codes ?? known, candidates, chance),
    codes: response?.codes ?? known,
    bits: Math.log2((response?.codes ?? known) * chance.kept),
    smallestSet: Math.min(...byLabel.map(({ smallestSet }) => smallestSet)),
    sharesInSetsBelow: { 10: below(10), 100: below(100) },
    worst,
    ...(unseenConfidence === undefined ? {} : { unseen: unseenOf(value, all, unseenConfidence) }),
    ...(images === undefined ? {} : { reconstruction: bestReconstruction(codes, labels, images) }),
  };
}

/**
 * One image more or less moves the value by 1 / images at most, so that by McDiarmid's inequality it is seldom further
 * from its mean.
 */
function unseenOf(value: number, images: number, confidence: number) {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`unseenConfidence is ${confidence}; it must be a number between 0 and 1`);
  }
  const margin = Math.sqrt(-Math.log1p(-confidence) / (2 * images));
  return { confidence, margin, value: Math.min(1, value + margin) };
}

/** What no choice of candidates beats: as many of them as can have codes of their own, each sent as it is, or by chance. */
function anyCandidates(
  codes: number,
  candidates: number,
  { kept, swapped }: Pick<Response, "kept" | "swapped">,
): number {
  const own = Math.min(codes, candidates);
  return (own * kept + (codes - own) * swapped) / candidates;
}

function checkCodes(codes: ArrayLike<number>, response: Response): void {
  for (let image = 0; image < codes.length; image++) {
    integer(`codes[${image}]`, codes[image]!, 0, response.codes - 1, ", the last code of the response");
  }
}
