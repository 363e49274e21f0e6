/**
 * The report of the job, as `--json` prints it. Its form is a contract: names and order stay as they are.
 *
 * @module
 */
import type { Interval, InversionEvaluation, ShareByChance } from "../../mod.ts";

/** What one attack brought back, over the attacked images. */
export interface AttackReport {
  readonly images: number;
  readonly l2: Interval;
  readonly ssim: Interval;
  readonly confidence: Interval;
  /** Share of the inversions in which the judge sees the true digit first. */
  readonly predictedRight: number;
  /** Share of the inversions that resemble their original more than any decoy, other images of the same digit; null where a digit has no other. */
  readonly identified: ShareByChance | null;
}

/** What was measured of one network. */
export interface NetworkReport {
  /** Share of the test images read rightly. */
  readonly accuracy: number;
  /** The tutorial's attack, steps by the gradient's sign. */
  readonly inversion: AttackReport;
  /** The stronger attack, Adam. */
  readonly strongInversion: AttackReport;
  /** The learned decoder. */
  readonly decoderInversion: AttackReport;
}

/** Shares of weights that are exactly zero. */
export interface Sparsity {
  /** Over all masked layers together. */
  readonly total: number;
  readonly layers: Readonly<Record<string, number>>;
}

/** The whole report. */
export interface Report {
  readonly seed: number;
  readonly data: { readonly name: string; readonly train: number; readonly test: number };
  readonly ordinary: NetworkReport;
  readonly suppressed: NetworkReport & { readonly sparsity: Sparsity; readonly operations: number };
  readonly unitSuppressed: NetworkReport & { readonly units: number; readonly sparsity: Sparsity };
  /** How long everything took: the only figure that differs between two runs of the same command. */
  readonly seconds: number;
}

const interval = ({ mean, low, high }: Interval): Interval => ({ mean, low, high });

/** The figures of an evaluation that was made with a judge. */
export function attackReport(evaluation: InversionEvaluation): AttackReport {
  const { images, l2, ssim, confidence, predictedRight, identification } = evaluation;
  if (confidence === null || predictedRight === null) throw new TypeError("the evaluation was made without a judge");
  return {
    images,
    l2: interval(l2),
    ssim: interval(ssim),
    confidence: interval(confidence),
    predictedRight,
    identified: identification?.identified ?? null,
  };
}

/** The report as text: JSON, two blanks deep, with a line end. */
export function reportText(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
