/**
 * The functions of single elements and their gradients.
 *
 * @module
 */
import type { ElementwiseKernels } from "../kernels/elementwise.ts";
import type { ReferenceMemory } from "./memory.ts";

/** From here on a continued fraction of the complementary error function is exact sooner than its series. */
const FAR = 2;
/** Terms of the continued fraction: enough from `FAR` on. */
const TERMS = 60;

/** 1 - erf(z) for z >= 0. Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.6 and 7.1.14. */
function complementaryError(z: number): number {
  if (z >= FAR) {
    let fraction = z;
    for (let k = TERMS; k > 0; k--) fraction = z + k / 2 / fraction;
    return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
  }
  let sum = 0, term = z;
  for (let k = 1; sum + term !== sum; k++) {
    sum += term;
    term *= 2 * z * z / (2 * k + 1);
  }
  return 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
}

/** Phi(x), the share of the standard normal distribution below x: to the last digits of float64. */
function distribution(x: number): number {
  if (Number.isNaN(x)) return x;
  const tail = complementaryError(Math.abs(x) * Math.SQRT1_2) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** Its density at x. */
function density(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** The kernels of the functions of single elements over a memory. */
export function elementwise(memory: ReferenceMemory): ElementwiseKernels {
  const forward = (f: (x: number) => number) => (x: number, y: number, count: number) => {
    const xs = memory.floatsAt(x, count), ys = memory.floatsAt(y, count);
    for (let i = 0; i < count; i++) ys[i] = f(xs[i]!);
  };
  const gradient =
    (product: (dy: number, from: number) => number) => (from: number, dy: number, dx: number, count: number) => {
      const values = memory.floatsAt(from, count);
      const dys = memory.floatsAt(dy, count), dxs = memory.floatsAt(dx, count);
      for (let i = 0; i < count; i++) dxs[i] = product(dys[i]!, values[i]!);
    };
  return {
    reluForward: forward((x) => Math.max(x, 0)),
    reluGradient: gradient((dy, y) => y > 0 ? dy : 0),

    sigmoidForward: forward((x) => 1 / (1 + Math.exp(-x))),
    sigmoidGradient: gradient((dy, y) => dy * y * (1 - y)),

    geluForward: forward((x) => x * distribution(x)),
    geluGradient: gradient((dy, x) => dy * (distribution(x) + x * density(x))),
  };
}
