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
  /**
   * Share of the inversions that resemble their original more than any decoy, other images of the same digit; null
   * where a digit has no other.
   */
  readonly identified: ShareByChance | null;
  /**
   * How many images a figure leaves out, being undefined for them: L2 for black ones, identification for those of one
   * colour. Only there if it is any.
   */
  readonly undefined?: LeftOut;
}

/** Numbers of images. */
export type LeftOut = InversionEvaluation["undefined"];

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
  const { images, l2, ssim, confidence, predictedRight, identification, undefined: leftOut } = evaluation;
  if (confidence === null || predictedRight === null) throw new TypeError("the evaluation was made without a judge");
  return {
    images,
    l2: interval(l2),
    ssim: interval(ssim),
    confidence: interval(confidence),
    predictedRight,
    identified: identification?.identified ?? null,
    ...(leftOut.l2 + leftOut.identification > 0 && { undefined: leftOut }),
  };
}

/** Which images the figures leave out, as a sentence with a blank before it; nothing if none. */
export function leftOutSentence(reports: readonly Pick<AttackReport, "undefined">[]): string {
  const most = (figure: keyof LeftOut) => Math.max(0, ...reports.map((report) => report.undefined?.[figure] ?? 0));
  const images = (count: number, kind: string) => `${count} ${kind} image${count === 1 ? "" : "s"}`;
  const parts = [
    ...(most("l2") > 0 ? [`L2 is undefined for ${images(most("l2"), "black")}`] : []),
    ...(most("identification") > 0 ? [`identification for ${images(most("identification"), "one-coloured")}`] : []),
  ];
  return parts.length === 0 ? "" : ` Left out: ${parts.join(", ")}.`;
}

/** The report as text: JSON, two blanks deep, with a line end. */
export function reportText(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
