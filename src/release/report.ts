/**
 * A certificate in plain words.
 *
 * @module
 */
import type { CodeCertificate } from "./certificate.ts";

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;

/** What a bound by counting does not cover: to be told wherever it is. */
const NOT_COVERED: readonly string[] = [
  "The label: it is taken as known. Where it is not, `unlabelled` is what candidates of all labels come to.",
  "Candidates that somebody chose: two images with different codes are told apart for certain; only chance (a randomised response) bounds that.",
  "What else is known of the target: who wrote it, when, where. For a group of images of which that is known the codes must be counted anew.",
  "Repetition: r pictures of the same thing, or r versions of the network, give r codes, and what is known adds up.",
  "What all images of a code have in common: whoever knows the code knows that.",
  "Whatever else leaves: gradients, weights, confidences, refusals, lengths, times; and what training itself gave away.",
];

/**
 * A certificate in plain words: what holds for every attack, for which images, and what it does not cover.
 *
 * @example
 * ```ts
 * import { certifyCodes, explainCertificate } from "@tacet/tacet";
 * const labels = new Array(200).fill(0), codes = labels.map((_, image) => image % 4);
 * console.log(explainCertificate(certifyCodes(codes, labels)));
 * ```
 */
export function explainCertificate(certificate: CodeCertificate): string {
  const { candidates, images, value, unlabelled, codes, bits, smallestSet, sharesInSetsBelow, worst } = certificate;
  const { anyCandidates, anyReadAlike, unseen, reconstruction } = certificate;
  const lines = [
    `No attack names the image behind a code among ${candidates} of its label more often than in ${
      percent(value)
    } of ` +
    `all cases (a blind guess: ${percent(1 / candidates)}), whatever it computes: counted over all ${images} images.`,
    `Among ${candidates} of any label: ${
      percent(unlabelled)
    }. Among any ${candidates}, whoever chose them, on average ` +
    `over these: ${percent(anyCandidates)}.`,
    `${codes} codes: ${bits.toFixed(1)} bits. No guess of whatever about an image gets likelier than ${
      (2 ** bits).toFixed(1)
    }-fold.`,
    `The rarest code of a label has ${smallestSet} images; ${
      percent(sharesInSetsBelow[10])
    } of all images share theirs ` +
    `with fewer than 10, ${percent(sharesInSetsBelow[100])} with fewer than 100. Code ${worst.code} of label ` +
    `${worst.label} tells the most: there ${percent(worst.value)}.`,
  ];
  if (anyReadAlike !== undefined) {
    lines.push(
      `Whatever is sent, it was no more probably than ${
        percent(anyReadAlike)
      } a certain one of any ${candidates} that ` +
        `the network reads alike.`,
    );
  }
  if (unseen) {
    lines.push(
      `These images were not seen before: for others of their kind it is at most ${percent(unseen.value)}, at a ` +
        `confidence of ${percent(unseen.confidence)}.`,
    );
  } else lines.push("For images that were not counted it may be more: count those that nobody trained on.");
  if (reconstruction) {
    lines.push(
      `No reconstruction from code and label has a mean L2 below ${reconstruction.leastL2.toFixed(3)}, or correlates ` +
        `more than ${reconstruction.highestCorrelation.toFixed(3)} with the originals on average.`,
    );
  }
  return [...lines, "", "Not covered:", ...NOT_COVERED.map((line) => `- ${line}`)].join("\n");
}
