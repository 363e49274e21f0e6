/**
 * The pictures at the end: rows of originals and of what each attack made of them.
 *
 * @module
 */
import { drawRow, fitting, type Ink } from "./drawing.ts";
import { type Method, METHODS } from "./attacks.ts";
import type { Outcome, Victim } from "./job.ts";

/** Images in a row, where there is room for so many. */
const WISHED = 8;

/** Labelled rows of pictures, as many columns wide as there are. */
export function pictures(
  { originals, inversions }: Pick<Outcome, "originals"> & {
    readonly inversions: Readonly<Record<Victim, Record<Method, { images: Float32Array }>>>;
  },
  columns: number,
  ink: Ink,
): string {
  const names: Record<Victim, string> = {
    ordinary: "ordinary",
    suppressed: "suppressed",
    unitSuppressed: "suppressed by unit",
  };
  const rows: readonly (readonly [string, Float32Array])[] = [
    ["original", originals],
    ...(Object.keys(METHODS) as Method[]).flatMap((method) =>
      (Object.keys(names) as Victim[]).map((victim) =>
        [`${names[victim]}, ${METHODS[method]}`, inversions[victim][method].images] as const
      )
    ),
  ];
  const { images, width } = fitting(ink, columns, Math.min(WISHED, originals.length / (32 * 32)));
  const text = rows.map(([label, row]) => `${label}\n${drawRow(row, images, width, ink).join("\n")}\n`).join("");
  return `The first ${images} of the attacked images, their middle 24 x 24 of 32 x 32 pixels:\n${text}`;
}
