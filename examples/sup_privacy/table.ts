/**
 * The table of results, for people.
 *
 * @module
 */
import { type Interval, wilsonInterval } from "../../mod.ts";
import type { AttackReport, Report } from "./report.ts";

/** A row: what was measured, of the ordinary and of the suppressed network, and which way is more private. */
type Row = readonly [figure: string, ordinary: string, suppressed: string, better: string];

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

function attackRows(title: string, ordinary: AttackReport, suppressed: AttackReport): Row[] {
  const row = (name: string, figure: "l2" | "ssim" | "confidence", better: string): Row => [
    `  ${name}`,
    mean(ordinary[figure]),
    mean(suppressed[figure]),
    better,
  ];
  return [
    [title, "", "", ""],
    row("L2 distance", "l2", "higher"),
    row("SSIM", "ssim", "lower"),
    row("confidence", "confidence", "lower"),
  ];
}

/** The table: a row each for accuracy, weights left, and L2, SSIM and confidence of both attacks, with 95 % intervals. */
export function table(report: Report, ordinaryWeightsLeft: number): string {
  const { ordinary, suppressed, data } = report;
  const rows: Row[] = [
    ["", "ordinary", "suppressed", "more private"],
    ["accuracy", share(ordinary.accuracy, data.test), share(suppressed.accuracy, data.test), ""],
    ["weights left", `${percent(ordinaryWeightsLeft)} %`, `${percent(1 - suppressed.sparsity.total)} %`, ""],
    ...attackRows("attack by sign steps", ordinary.inversion, suppressed.inversion),
    ...attackRows("attack by Adam", ordinary.strongInversion, suppressed.strongInversion),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("   ").trimEnd());
  const [head, ...body] = lines;
  return [head, "-".repeat(Math.max(...lines.map((line) => line.length))), ...body, ""].join("\n");
}
