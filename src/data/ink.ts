/**
 * Ink on paper: a path of the pen becomes a small grey image, sized and centred the way MNIST was made.
 *
 * Source: LeCun, Cortes and Burges, "The MNIST database": characters are scaled, shape kept, to a box of 20x20 pixels
 * and moved so that their centre of mass is the centre of the 28x28 image.
 *
 * @module
 */

import type { Random } from "../random/threefry.ts";
import type { Path } from "./pen.ts";

/** Height and width of an image in pixels. */
export const SIDE = 28;
/** Side of the box that the ink fills, in pixels. */
export const BOX = 20;

/**
 * Scales and moves the path in place so that its ink, whose pen radii are given in pixels already, just fills the box
 * (its corner is 0, 0) in one direction and is centred in the other.
 */
export function fitToBox(path: Path): void {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity, pen = 0;
  for (let i = 0; i < path.length; i++) {
    left = Math.min(left, path.x[i]!);
    right = Math.max(right, path.x[i]!);
    top = Math.min(top, path.y[i]!);
    bottom = Math.max(bottom, path.y[i]!);
    pen = Math.max(pen, path.radius[i]!);
  }
  const scale = (BOX - 2 * pen) / Math.max(right - left, bottom - top, 1e-6);
  const centreX = (left + right) / 2, centreY = (top + bottom) / 2;
  for (let i = 0; i < path.length; i++) {
    path.x[i] = (path.x[i]! - centreX) * scale + BOX / 2;
    path.y[i] = (path.y[i]! - centreY) * scale + BOX / 2;
  }
}

/** Lays paths on paper; keeps its working memory from one image to the next. */
export class Paper {
  /** Distance of each pixel's centre from the edge of the ink, negative inside; only the box. */
  readonly #edge = new Float64Array(BOX * BOX);
  readonly #ink = new Uint8Array(BOX * BOX);

  /**
   * Draws the path, which `fitToBox` has fitted, white (255) on black (0), to `image` (28x28). `softness` is the width
   * in pixels over which an edge fades, `roughness` the standard deviation of its position in pixels, drawn from
   * `random`.
   */
  draw(path: Path, softness: number, roughness: number, random: Random, image: Uint8Array): void {
    this.#edge.fill(SIDE);
    for (let i = 1; i < path.length; i++) {
      if (path.starts[i] === 0) this.#piece(path, i, softness);
    }
    let mass = 0, massX = 0, massY = 0;
    for (let at = 0; at < BOX * BOX; at++) {
      let edge = this.#edge[at]!, value = 0;
      if (edge < softness) {
        // A byte is uniform with a standard deviation of 73.9. Only the edge is rough: elsewhere ink is full.
        if (edge > -softness) edge += roughness * ((random.bits() & 255) - 127.5) / 73.9;
        value = Math.floor(255.5 - 255 * Math.min(1, Math.max(0, 0.5 + edge / softness)));
      }
      const x = at % BOX;
      this.#ink[at] = value;
      mass += value;
      massX += value * x;
      massY += value * ((at - x) / BOX);
    }
    const left = start(massX / Math.max(1, mass)), top = start(massY / Math.max(1, mass));
    image.fill(0);
    for (let y = 0; y < BOX; y++) image.set(this.#ink.subarray(y * BOX, (y + 1) * BOX), (top + y) * SIDE + left);
  }

  /** Lowers the distances around the piece of the path that ends at point i. */
  #piece(path: Path, i: number, softness: number): void {
    const x0 = path.x[i - 1]!, y0 = path.y[i - 1]!, dx = path.x[i]! - x0, dy = path.y[i]! - y0;
    const r0 = path.radius[i - 1]!, dr = path.radius[i]! - r0;
    const reach = Math.max(r0, r0 + dr) + softness;
    const left = Math.max(0, Math.floor(Math.min(x0, x0 + dx) - reach));
    const right = Math.min(BOX - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
    const top = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - reach));
    const bottom = Math.min(BOX - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
    const inverse = 1 / (dx * dx + dy * dy + 1e-12);
    for (let y = top; y <= bottom; y++) {
      const py = y + 0.5 - y0;
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - x0;
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
        const ex = px - t * dx, ey = py - t * dy;
        const edge = Math.sqrt(ex * ex + ey * ey) - r0 - t * dr;
        if (edge < this.#edge[y * BOX + x]!) this.#edge[y * BOX + x] = edge;
      }
    }
  }
}

/**
 * Where the box must begin in the image so that this centre of mass, counted from the box's first pixel, comes to lie
 * on pixel 14 (counted from 0), as MNIST has it. The box never leaves the image.
 */
function start(centre: number): number {
  return Math.min(SIDE - BOX, Math.max(0, Math.floor(SIDE / 2 - centre + 0.5)));
}
