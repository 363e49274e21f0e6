/**
 * The pictures at the end: rows of originals and of what each attack made of them.
 *
 * @module
 */
import { drawRow, fitting, type Ink } from "./drawing.ts";
import type { Outcome } from "./job.ts";

/** Images in a row, where there is room for so many. */
const WISHED = 8;

/** Labelled rows of pictures, as many columns wide as there are. */
export function pictures(
  { originals, inversions: { ordinary, suppressed } }: Pick<Outcome, "originals"> & {
    readonly inversions: Readonly<Record<"ordinary" | "suppressed", Record<"sign" | "adam", { images: Float32Array }>>>;
  },
  columns: number,
  ink: Ink,
): string {
  const rows: readonly (readonly [string, Float32Array])[] = [
    ["original", originals],
    ["ordinary, sign", ordinary.sign.images],
    ["suppressed, sign", suppressed.sign.images],
    ["ordinary, Adam", ordinary.adam.images],
    ["suppressed, Adam", suppressed.adam.images],
  ];
  const { images, width } = fitting(ink, columns, Math.min(WISHED, originals.length / (32 * 32)));
  const text = rows.map(([label, row]) => `${label}\n${drawRow(row, images, width, ink).join("\n")}\n`).join("");
  return `The first ${images} of the attacked images, their middle 24 x 24 of 32 x 32 pixels:\n${text}`;
}
