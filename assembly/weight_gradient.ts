/** The gradient of weights: products of inputs and output gradients, summed over positions and images. */
import { madd, sum } from "./simd";

/**
 * How the positions lie: `rows` rows of `runs` runs of `run` bytes each. Output gradients follow each other without
 * gaps, inputs by the steps.
 */
// @ts-ignore: decorator
@unmanaged
export class Grid {
  rows: i32;
  runs: i32;
  run: usize;
  /** Bytes from a run of x to the next, and from a row of x to the next. */
  runStep: usize;
  rowStep: usize;
  /** Bytes from one output's gradients to the next's. */
  plane: usize;
  /** Bytes from one output's weights to the next's. */
  weightRow: usize;
}

/** Four outputs' sums for one tile column. @inline */
function storeThree(dWeight: usize, v0: v128, v1: v128, v2: v128): void {
  store<f32>(dWeight, sum(v0));
  store<f32>(dWeight, sum(v1), 4);
  store<f32>(dWeight, sum(v2), 8);
}

/** 4 outputs x 3 weights; `x0`, `x1`, `x2` are the inputs that the three weights meet first. */
export function weightGradientTile(x0: usize, x1: usize, x2: usize, dy: usize, dWeight: usize, g: Grid): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, b0 = a0, b1 = a0, b2 = a0;
  let c0 = a0, c1 = a0, c2 = a0, d0 = a0, d1 = a0, d2 = a0;
  const plane = g.plane, run = g.run, runs = g.runs, runStep = g.runStep;
  for (let i = g.rows; i > 0; i--) {
    let offset: usize = 0;
    for (let j = runs; j > 0; j--, offset += runStep) {
      let p0 = x0 + offset, p1 = x1 + offset, p2 = x2 + offset;
      let ga = dy, gb = ga + plane, gc = gb + plane, gd = gc + plane;
      dy += run;
      while (ga < dy) {
        const v0 = v128.load(p0), v1 = v128.load(p1), v2 = v128.load(p2);
        let v = v128.load(ga);
        a0 = madd(v0, v, a0);
        a1 = madd(v1, v, a1);
        a2 = madd(v2, v, a2);
        v = v128.load(gb);
        b0 = madd(v0, v, b0);
        b1 = madd(v1, v, b1);
        b2 = madd(v2, v, b2);
        v = v128.load(gc);
        c0 = madd(v0, v, c0);
        c1 = madd(v1, v, c1);
        c2 = madd(v2, v, c2);
        v = v128.load(gd);
        d0 = madd(v0, v, d0);
        d1 = madd(v1, v, d1);
        d2 = madd(v2, v, d2);
        p0 += 16;
        p1 += 16;
        p2 += 16;
        ga += 16;
        gb += 16;
        gc += 16;
        gd += 16;
      }
    }
    x0 += g.rowStep;
    x1 += g.rowStep;
    x2 += g.rowStep;
  }
  storeThree(dWeight, a0, a1, a2);
  storeThree(dWeight + g.weightRow, b0, b1, b2);
  storeThree(dWeight + 2 * g.weightRow, c0, c1, c2);
  storeThree(dWeight + 3 * g.weightRow, d0, d1, d2);
}

/** One output and one weight. */
export function weightGradientSingle(x: usize, dy: usize, dWeight: usize, g: Grid): void {
  let total = f32x4.splat(0);
  for (let i = g.rows; i > 0; i--, x += g.rowStep) {
    let p = x;
    for (let j = g.runs; j > 0; j--, p += g.runStep) {
      for (let at: usize = 0; at < g.run; at += 16, dy += 16) total = madd(v128.load(p + at), v128.load(dy), total);
    }
  }
  store<f32>(dWeight, sum(total));
}
