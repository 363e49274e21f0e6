/**
 * Draws small grey images in a terminal.
 *
 * @module
 */
import { shrunk } from "./scaling.ts";

/** How to draw: grey half blocks need a terminal with 256 colours; shades of characters do anywhere. */
export type Ink = "greys" | "shades";

/** Side of the images, and of their middle that is drawn: the digits' margins show nothing. */
const SIDE = 32, MIDDLE = 24;

/** Characters from dark to light. */
const SHADES = " .:-=+*#%@";

/** Blank columns between two images. */
const GAP = 1;
/** Least and most characters an image takes in width: half blocks show two pixels a character, shades only one. */
const SIZES: Record<Ink, { readonly least: number; readonly most: number }> = {
  greys: { least: 9, most: 16 },
  shades: { least: 15, most: 16 },
};

/**
 * Of the images wished, how many fit beside each other into so many columns, and how many characters wide each then is.
 */
export function fitting(
  ink: Ink,
  columns: number,
  wished: number,
): { readonly images: number; readonly width: number } {
  const { least, most } = SIZES[ink];
  const images = Math.max(1, Math.min(wished, Math.floor((columns + GAP) / (least + GAP))));
  return { images, width: Math.max(1, Math.min(most, Math.floor((columns + GAP) / images) - GAP)) };
}

/** One of 24 greys of the 256 colours, from nearly black (232) to nearly white (255). */
function grey(value: number): number {
  return 232 + Math.round(23 * Math.min(1, Math.max(0, value)));
}

function shade(value: number): string {
  return SHADES[Math.round((SHADES.length - 1) * Math.min(1, Math.max(0, value)))]!;
}

/**
 * The first images beside each other, as lines of text.
 *
 * @param images `[images][1][32][32]`, from 0 (black) to 1 (white)
 * @param count how many of them, at most as many as there are
 * @param width characters an image takes
 */
export function drawRow(images: Float32Array, count: number, width: number, ink: Ink): string[] {
  // A character is about twice as high as wide.
  const rows = Math.max(1, Math.round(width / 2));
  const height = ink === "greys" ? 2 * rows : rows;
  const small = Array.from(
    { length: count },
    (_, i) => shrunk(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), SIDE, MIDDLE, width, height),
  );
  return Array.from({ length: rows }, (_, row) =>
    small.map((image) => {
      const at = (y: number, x: number) => image[y * width + x]!;
      let line = "";
      for (let x = 0; x < width; x++) {
        line += ink === "shades"
          ? shade(at(row, x))
          : `\x1b[38;5;${grey(at(2 * row, x))};48;5;${grey(at(2 * row + 1, x))}m▀`;
      }
      return ink === "greys" ? `${line}\x1b[0m` : line;
    }).join(" ".repeat(GAP)).trimEnd());
}
