/**
 * The movements of a pen: smooth curves through control points.
 *
 * @module
 */

/** A line of short straight pieces, kept in arrays that are filled again for each character. */
export class Path {
  /** Horizontal coordinates, `length` of them in use. */
  readonly x: Float64Array;
  /** Vertical coordinates, growing downwards. */
  readonly y: Float64Array;
  /** Radius of the pen at each point. */
  readonly radius: Float64Array;
  /** For each point 1 where the pen is set down anew, else 0. */
  readonly starts: Uint8Array;
  /** Number of points in use. */
  length = 0;

  /** Room for `capacity` points. */
  constructor(capacity: number) {
    this.x = new Float64Array(capacity);
    this.y = new Float64Array(capacity);
    this.radius = new Float64Array(capacity);
    this.starts = new Uint8Array(capacity);
  }

  /** Appends a point. */
  add(x: number, y: number, start: number): void {
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.starts[this.length++] = start;
  }
}

/** Straight pieces from one control point to the next. */
export const PIECES = 6;

/**
 * Writes to `path` smooth curves through control points (x0, y0, x1, y1, ...; `starts` and `corners` as in `Strokes`):
 * centripetal Catmull-Rom splines, which neither overshoot nor form cusps between points at uneven distances. Curves
 * end at corners and begin anew behind them.
 *
 * Source: Yuksel, Schaefer and Keyser, "Parameterization and applications of Catmull-Rom curves", CAD 43 (2011).
 */
export function trace(points: Float64Array, starts: Uint8Array, corners: Uint8Array, path: Path): void {
  path.length = 0;
  const count = starts.length;
  for (let i = 0; i < count; i++) {
    if (starts[i] === 1) {
      path.add(points[2 * i]!, points[2 * i + 1]!, 1);
      continue;
    }
    const x1 = points[2 * i - 2]!, y1 = points[2 * i - 1]!, x2 = points[2 * i]!, y2 = points[2 * i + 1]!;
    // Where a curve ends there is no neighbour beyond: its mirror image stands in, which leaves the end straight.
    const first = starts[i - 1] === 1 || corners[i - 1] === 1;
    const last = i + 1 === count || starts[i + 1] === 1 || corners[i] === 1;
    const x0 = first ? 2 * x1 - x2 : points[2 * i - 4]!, y0 = first ? 2 * y1 - y2 : points[2 * i - 3]!;
    const x3 = last ? 2 * x2 - x1 : points[2 * i + 2]!, y3 = last ? 2 * y2 - y1 : points[2 * i + 3]!;
    const before = knot(x1 - x0, y1 - y0), here = knot(x2 - x1, y2 - y1), behind = knot(x3 - x2, y3 - y2);
    const leaveX = tangent(x0, x1, x2, before, here) * here, leaveY = tangent(y0, y1, y2, before, here) * here;
    const reachX = tangent(x1, x2, x3, here, behind) * here, reachY = tangent(y1, y2, y3, here, behind) * here;
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES, s = 1 - t;
      const h0 = (1 + 2 * t) * s * s, h1 = t * s * s, h2 = t * t * (3 - 2 * t), h3 = -t * t * s;
      path.add(h0 * x1 + h1 * leaveX + h2 * x2 + h3 * reachX, h0 * y1 + h1 * leaveY + h2 * y2 + h3 * reachY, 0);
    }
  }
}

/** The square root of the distance, kept from zero so that points on top of each other do no harm. */
function knot(dx: number, dy: number): number {
  return Math.sqrt(Math.sqrt(dx * dx + dy * dy) + 0.01);
}

/** Slope at `b` of the parabola through a, b and c at the knots -before, 0 and behind. */
function tangent(a: number, b: number, c: number, before: number, behind: number): number {
  return (b - a) / before - (c - a) / (before + behind) + (c - b) / behind;
}
