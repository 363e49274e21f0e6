/**
 * The table of results, for people.
 *
 * @module
 */
import { type Interval, wilsonInterval } from "../../mod.ts";
import type { AttackReport, Report } from "./report.ts";

/** A row: what was measured, of each network, and which way is more private. */
type Row = readonly [figure: string, ordinary: string, suppressed: string, unitSuppressed: string, better: string];

const percent = (share: number, digits = 1) => (100 * share).toFixed(digits);

/** "98.3 % [97.6, 98.8]": a share read off `trials` independent cases. */
function share(value: number, trials: number): string {
  const { mean, low, high } = wilsonInterval(Math.round(value * trials), trials);
  return `${percent(mean)} % [${percent(low)}, ${percent(high)}]`;
}

/** "0.82 [0.80, 0.84]"; the mean alone where one image says nothing about others. */
function mean({ mean, low, high }: Interval): string {
  return low === null || high === null ? mean.toFixed(2) : `${mean.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/** ", 2 left out": of so many images a figure is undefined. */
const leftOut = (images = 0) => images === 0 ? "" : `, ${images} left out`;

/** "12.0 % [9.5, 15.1]"; a dash where there was nobody to be mistaken for. */
function identified({ identified, undefined: left }: AttackReport): string {
  if (!identified) return "-";
  const { mean, low, high } = identified;
  return `${percent(mean)} % [${percent(low)}, ${percent(high)}]${leftOut(left?.identification)}`;
}

function attackRows(title: string, reports: readonly [AttackReport, AttackReport, AttackReport]): Row[] {
  const row = (name: string, better: string, figure: (report: AttackReport) => string): Row => {
    const [ordinary, suppressed, unitSuppressed] = reports;
    return [`  ${name}`, figure(ordinary), figure(suppressed), figure(unitSuppressed), better];
  };
  return [
    [title, "", "", "", ""],
    row("identified", "lower", identified),
    row("L2 distance", "higher", ({ l2, undefined: left }) => mean(l2) + leftOut(left?.l2)),
    row("SSIM", "lower", ({ ssim }) => mean(ssim)),
    row("confidence", "lower", ({ confidence }) => mean(confidence)),
  ];
}

/**
 * The table: a row each for accuracy, weights left, and identification, L2, SSIM and confidence of each attack, with 95
 * % intervals.
 */
export function table(report: Report, ordinaryWeightsLeft: number): string {
  const { ordinary, suppressed, unitSuppressed, data } = report;
  const three = (attack: "inversion" | "strongInversion" | "decoderInversion") =>
    [ordinary[attack], suppressed[attack], unitSuppressed[attack]] as const;
  const accuracies = [ordinary, suppressed, unitSuppressed].map(({ accuracy }) => share(accuracy, data.test));
  const left = [ordinaryWeightsLeft, 1 - suppressed.sparsity.total, 1 - unitSuppressed.sparsity.total];
  const rows: Row[] = [
    ["", "ordinary", "suppressed", `${unitSuppressed.units} units of fc1`, "more private"],
    ["accuracy", ...accuracies as [string, string, string], ""],
    ["weights left", ...left.map((part) => `${percent(part)} %`) as [string, string, string], ""],
    ...attackRows("attack by sign steps", three("inversion")),
    ...attackRows("attack by Adam", three("strongInversion")),
    ...attackRows("attack by learned decoder", three("decoderInversion")),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("   ").trimEnd());
  const [head, ...body] = lines;
  return [head, "-".repeat(Math.max(...lines.map((line) => line.length))), ...body, ""].join("\n");
}
