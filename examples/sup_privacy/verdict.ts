/**
 * What the figures come to, in one sentence.
 *
 * @module
 */
import type { ShareByChance } from "../../mod.ts";
import type { NetworkReport, Report } from "./report.ts";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** The attack that identifies the most images: what counts for the defender. */
function worst({ inversion, strongInversion, decoderInversion }: NetworkReport): ShareByChance | undefined {
  const shares = [inversion, strongInversion, decoderInversion].flatMap(({ identified }) => identified ?? []);
  return shares.toSorted((a, b) => b.mean - a.mean)[0];
}

/** The sentence: by its worst attack, how many images each network gives away, and whether suppression hides any. */
export function verdict({ ordinary, suppressed, unitSuppressed }: Report): string {
  const [plain, weights, units] = [ordinary, suppressed, unitSuppressed].map(worst);
  if (!plain || !weights || !units) {
    return "There were too few images of a digit to tell whether an inversion identifies its original.";
  }
  // Apart only where the intervals are: the networks share their images, so this errs on the side of caution.
  const compared = (other: { low: number; high: number }) =>
    other.high < plain.low ? "fewer" : other.low > plain.high ? "more" : "no fewer, to within the intervals";
  return `By the worst of the three attacks the images can be told from others of their digit in ${
    percent(plain.mean)
  } of ` +
    `the cases for the ordinary network, ${percent(weights.mean)} after suppression of weights (${
      compared(weights)
    }) and ` +
    `${percent(units.mean)} after suppression of units (${compared(units)}); a blind guess is right in ${
      percent(plain.chance)
    }.`;
}
