/**
 * A writer's hand: how far the pen strays from the copybook. Only + - * / and square roots, so that every engine draws
 * the same bits.
 *
 * @module
 */

import type { Random } from "../random/threefry.ts";
import { type Path, trace } from "./pen.ts";
import { type Form, MOST_POINTS, MOST_WAYS } from "./strokes.ts";

/** How far a mixture of ways is pushed away from their average, 1 for not at all. */
const EXAGGERATION = 1.25;
/** Points of the lattice that bends the paper. */
const COLUMNS = 4, ROWS = 5;

/**
 * About a standard normal draw from a single 32-bit draw: the sum of its four bytes, moved and scaled (Irwin-Hall).
 * Its tails end at 3.45.
 */
export function quickNormal(random: Random): number {
  const bits = random.bits();
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 147.8;
}

/** Writes characters, each in another writer's hand; keeps its working memory from one to the next. */
export class Hand {
  readonly #points = new Float64Array(2 * MOST_POINTS);
  readonly #weights = new Float64Array(MOST_WAYS);
  readonly #corners = new Uint8Array(MOST_POINTS);
  /** Random displacement in x and in y and random pressure on a coarse lattice. */
  readonly #lattice = new Float64Array(COLUMNS * ROWS * 3);

  /** Writes the form to `path`, in the units of the strokes, pen radii in pixels. */
  write(form: Form, random: Random, path: Path): void {
    const tidy = random.uniform(0.5, 1.5);
    this.#mix(form, tidy, random);
    trace(this.#points.subarray(0, 2 * form.starts.length), form.starts, this.#corners, path);
    this.#bend(path, 11 * form.bend * tidy, random);
    this.#lean(path, form.slant, random);
  }

  /** A random mixture of the form's ways, its points jittered. */
  #mix(form: Form, tidy: number, random: Random): void {
    const points = this.#points;
    const { starts, corners, ways } = form, weights = this.#weights, length = 2 * starts.length;
    points.fill(0, 0, length);
    let total = 0;
    for (let k = 0; k < ways.length; k++) {
      // A high power of a uniform: one way mostly prevails, now and then several blend.
      let chance = random.uniform();
      chance *= chance;
      chance *= chance;
      weights[k] = chance * chance + 1e-6;
      total += weights[k]!;
    }
    for (let k = 0; k < ways.length; k++) {
      // What sets the mixture apart from the average of all ways is exaggerated.
      const weight = EXAGGERATION * weights[k]! / total - (EXAGGERATION - 1) / ways.length;
      const way = ways[k]!;
      for (let i = 0; i < length; i++) points[i] = points[i]! + weight * way[i]!;
    }
    const count = starts.length;
    for (let i = 0; i < count; i++) {
      const end = starts[i] === 1 || i + 1 === count || starts[i + 1] === 1;
      const jitter = tidy * (end ? 2.8 : 1.3);
      points[2 * i] = points[2 * i]! + jitter * quickNormal(random);
      points[2 * i + 1] = points[2 * i + 1]! + jitter * quickNormal(random);
      // A hasty pen rounds a corner.
      this.#corners[i] = corners[i] === 1 && random.uniform() < 0.7 ? 1 : 0;
    }
  }

  /** Elastic distortion and pressure, both smooth over the paper. */
  #bend(path: Path, amount: number, random: Random): void {
    const lattice = this.#lattice;
    for (let i = 0; i < lattice.length; i++) lattice[i] = quickNormal(random);
    // Most pens are fine, a few are broad: half the width of a stroke is 0.7 to 2.75 pixels.
    const heavy = random.uniform(), cube = heavy * heavy * heavy;
    const pen = 0.7 + 0.75 * random.uniform() + 1.3 * cube * cube;
    for (let i = 0; i < path.length; i++) {
      const u = Math.min(COLUMNS - 2.001, Math.max(0, (path.x[i]! + 15) * ((COLUMNS - 2) / 100)));
      const v = Math.min(ROWS - 2.001, Math.max(0, (path.y[i]! + 10) * ((ROWS - 2) / 120)));
      const column = Math.floor(u), row = Math.floor(v);
      let dx = 0, dy = 0, press = 0;
      for (let j = 0; j < 3; j++) {
        const down = spline(v - row, j);
        for (let k = 0; k < 3; k++) {
          const weight = down * spline(u - column, k), at = 3 * ((row + j) * COLUMNS + column + k);
          dx += weight * lattice[at]!;
          dy += weight * lattice[at + 1]!;
          press += weight * lattice[at + 2]!;
        }
      }
      path.x[i] = path.x[i]! + amount * dx;
      path.y[i] = path.y[i]! + amount * dy;
      path.radius[i] = pen * (1 + 0.2 * press);
    }
  }

  /** Aspect, slant, proportions and rotation of the whole character. */
  #lean(path: Path, freedom: number, random: Random): void {
    const wide = 0.6 + 0.45 * (random.uniform() + random.uniform());
    // Most hands lean to the right.
    const slant = 0.18 + 0.25 * freedom * quickNormal(random);
    // Above zero the lower half is the wider.
    const taper = 0.0035 * quickNormal(random);
    // Above zero the upper half grows at the cost of the lower.
    const waist = 0.0035 * quickNormal(random);
    // The half-angle formulas give a rotation without sine and cosine.
    const half = 0.07 * quickNormal(random);
    const cosine = (1 - half * half) / (1 + half * half), sine = 2 * half / (1 + half * half);
    for (let i = 0; i < path.length; i++) {
      const down = path.y[i]!, y = down + waist * down * (100 - down) - 50;
      const x = (path.x[i]! - 35) * wide * (1 + taper * y) - slant * y;
      path.x[i] = cosine * x - sine * y;
      path.y[i] = sine * x + cosine * y;
    }
  }
}

/**
 * Weight of the lattice's point k = 0, 1, 2 at 0 <= t < 1 between them: the quadratic B-spline, smooth without bumps
 * at the points.
 */
function spline(t: number, k: number): number {
  return k === 0 ? 0.5 * (1 - t) * (1 - t) : k === 1 ? 0.5 + t * (1 - t) : 0.5 * t * t;
}
