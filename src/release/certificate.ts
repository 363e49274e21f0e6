/**
 * The certificate of a code: how often the best attack there can be names the image behind it.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { boundsGivenCode, chosenBound, type CountedGroup, identificationBound, imagesOf } from "./anonymity.ts";
import { type BestReconstruction, bestReconstruction } from "./best_reconstruction.ts";
import type { RandomizedResponse } from "./response.ts";
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
  /** Set where codes are sent by chance. */
  readonly response?: RandomizedResponse;
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
   * The same for any candidates, whoever chose them, outliers and all: the share that is named on average over them. A
   * single one may be named for certain: what is sent without chance tells images with different codes apart.
   */
  readonly anyCandidates: number;
  /**
   * With a randomised response: how probable it can get, whatever is sent, that it was a certain one of any candidates
   * that are read alike, e^epsilon / (e^epsilon + candidates - 1).
   */
  readonly anyReadAlike?: number;
  /** Different codes that can be sent. */
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
 * Source: the bound is Bayes's; the expected number of distinct codes is Hurlbert's rarefaction (Ecology 52, 1971);
 * that counting codes bounds every gain is Alvim et al., "The Science of Quantitative Information Flow", 2020.
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
  const { labels: sets, ofAnyLabel } = countSets(codes, labels, response), all = codes.length;
  const sizes = sets.map(({ groups }) => imagesOf(groups)), least = Math.min(...sizes);
  integer("candidates", candidates, 2, least, `, the images of label ${sets[sizes.indexOf(least)]!.label}`);
  const mean = (bound: (groups: readonly CountedGroup[], images: number) => number) =>
    sets.reduce((sum, { groups }, i) => sum + sizes[i]! * bound(groups, sizes[i]!), 0) / all;
  const among = (drawn: number) => ({
    value: mean((groups) => identificationBound(groups, drawn)),
    unlabelled: identificationBound(ofAnyLabel, drawn),
  });
  const occurring = (groups: readonly CountedGroup[]) => groups.flatMap(({ sets }) => sets).filter((set) => set > 0);
  const byLabel = sets.map(({ label, groups }, i): LabelCertificate => ({
    label,
    images: sizes[i]!,
    codes: occurring(groups).length,
    value: identificationBound(groups, candidates),
    smallestSet: Math.min(...occurring(groups)),
  }));
  const worst = sets.flatMap(({ label, groups }, i) =>
    groups.flatMap((group) =>
      boundsGivenCode(sizes[i]!, group, candidates).map((value, k) => ({ label, code: group.codes[k]!, value }))
    )
  ).reduce((most, one) => one.value > most.value ? one : most);
  const below = (least: number) =>
    sets.flatMap(({ groups }) => occurring(groups)).filter((set) => set < least).reduce((sum, set) => sum + set, 0) /
    all;
  const groups = response ? [...new Set(response.groups)] : ofAnyLabel, { value, unlabelled } = among(candidates);
  const odds = response && Math.exp(response.epsilon);
  return {
    candidates,
    images: all,
    value,
    unlabelled,
    byLabel,
    curve: [
      ...CURVE.filter((drawn) => drawn <= least).map((drawn) => ({ candidates: drawn, ...among(drawn) })),
      { candidates: "all of the label", value: mean(identificationBound), unlabelled: null },
    ],
    anyCandidates: chosenBound(groups, candidates),
    ...(odds === undefined ? {} : { anyReadAlike: odds / (odds + candidates - 1) }),
    codes: groups.reduce((sum, { codes }) => sum + codes.length, 0),
    bits: Math.log2(groups.reduce((sum, { codes, kept }) => sum + codes.length * kept, 0)),
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
