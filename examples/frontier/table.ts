/**
 * The frontier as a table, for people.
 *
 * @module
 */
import type { KnownInterval } from "../../mod.ts";
import { leftOutSentence } from "../sup_privacy/report.ts";
import type { Record } from "./record.ts";
import type { AttackSummary, Summary } from "./summary.ts";

/** The columns, by name and what stands in them. */
export const COLUMNS: readonly (readonly [name: string, cell: (summary: Summary) => string])[] = [
  ["", ({ setting }) => setting.title],
  ["accuracy", ({ accuracy }) => percent(accuracy, 2)],
  ["weights left", ({ weightsLeft }) => `${(100 * weightsLeft).toFixed(1)} %`],
  ["sign steps", ({ attacks }) => percent(attacks["sign"]!.identified)],
  ["Adam, worst prior", ({ attacks }) => percent(worstAdam(attacks))],
  ["neighbours", ({ attacks }) => percent(attacks["neighbours"]!.identified)],
  ["learned decoder", ({ attacks }) => percent(attacks["decoder"]!.identified)],
  ["L2", (summary) => plain(worst(summary).l2)],
  ["SSIM", (summary) => plain(worst(summary).ssim)],
  ["confidence", (summary) => plain(worst(summary).confidence)],
  ["membership", ({ membership }) => plain(membership.calibrated, 3)],
];

/** "98.3 [97.6, 98.8]" */
function percent({ mean, low, high }: KnownInterval, digits = 1): string {
  const [m, l, h] = [mean, low, high].map((share) => (100 * share).toFixed(digits));
  return `${m} [${l}, ${h}]`;
}

function plain({ mean, low, high }: KnownInterval, digits = 2): string {
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

function worst({ attacks, worst }: Summary): AttackSummary {
  return attacks[worst]!;
}

/** Of the Adam attacks the one that identifies the most. */
function worstAdam(attacks: Summary["attacks"]): KnownInterval {
  const shares = Object.entries(attacks).filter(([name]) => name.startsWith("adam")).map(([, one]) => one.identified);
  return shares.toSorted((a, b) => b.mean - a.mean)[0]!;
}

/** What the table's columns mean. */
const LEGEND =
  "Accuracy and the shares identified in %, under each attack; L2, SSIM (data range 1) and confidence of the " +
  "reconstructions by the attack that identifies the most; membership: area under the curve of inference by losses " +
  "beside reference networks', 0.5 for a blind guess. In brackets 95 % intervals, over images and seeds.";

/** What the table's columns mean, and which images they leave out: of a seed so many, at most. */
export function legend({ cells }: Pick<Record, "cells">): string {
  return LEGEND + leftOutSentence(cells.flatMap(({ attacks }) => Object.values(attacks)));
}

/** The table in plain text. */
export function frontierTable(summaries: readonly Summary[]): string {
  const rows = [COLUMNS.map(([name]) => name), ...summaries.map((one) => COLUMNS.map(([, cell]) => cell(one)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  const [head, ...body] = lines;
  return `${[head, "-".repeat(Math.max(...lines.map((line) => line.length))), ...body].join("\n")}\n`;
}

/** The same in Markdown. */
export function markdownTable(summaries: readonly Summary[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return row(COLUMNS.map(([name]) => name)) + row(COLUMNS.map(() => "---")) +
    summaries.map((one) => row(COLUMNS.map(([, cell]) => cell(one)))).join("");
}
