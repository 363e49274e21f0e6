/**
 * The exponential, the logarithm and the cosine of float64: to the bit those of AssemblyScript's standard library where
 * it is compiled for size, without what no kernel asks of them. After FreeBSD's e_exp.c, e_log.c, k_sin.c and k_cos.c:
 *
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
 * is preserved.
 */

/** ln 2 in two parts. */
const LN2_HIGH: f64 = 6.93147180369123816490e-01, LN2_LOW: f64 = 1.90821492927058770002e-10;
/** Below that the exponential is 1 + x; above the other it is that of a remainder, times a power of two. */
const TINY = reinterpret<f64>(0x3E30000100000000), HALF_LN2 = reinterpret<f64>(0x3FD62E4300000000);
/** Below that the exponential is 0. */
const UNDERFLOW: f64 = -745.13321910194110842;

/** The least number whose last bit is worth 1: what is added to it stands in the last bits of the sum. */
const ONES: f64 = 4503599627370496;

/**
 * e to the power of x; from 700 on infinite, and from -700 on the least number, or 0: what becomes float32 in the end
 * does not tell those from what they stand for.
 */
export function exponential(x: f64): f64 {
  const size = abs(x);
  if (size < TINY) return 1 + x;
  if (!(size < 700)) return x < 0 ? x < UNDERFLOW ? 0 : f64.MIN_VALUE : x * Infinity;
  let power: f64 = 0, high = x, low: f64 = 0;
  if (size >= HALF_LN2) {
    power = trunc(1.44269504088896338700e+00 * x + copysign<f64>(0.5, x));
    high = x - power * LN2_HIGH;
    low = power * LN2_LOW;
  }
  const rest = high - low, square = rest * rest, fourth = square * square;
  const c = rest - (square * 1.66666666666666019037e-01 + fourth *
      ((-2.77777777770155933842e-03 + square * 6.61375632143793436117e-05) +
        fourth * (-1.65339022054652515390e-06 + square * 4.13813679705723846039e-08)));
  // Times 2 to that power.
  return (1 + (rest * c / (2 - c) - low + high)) * reinterpret<f64>(reinterpret<u64>(power + (ONES + 1023)) << 52);
}

/** The natural logarithm of a positive normal number; NaN of NaN. */
export function logarithm(x: f64): f64 {
  if (x != x) return x;
  // The fraction lies between the roots of 1/2 and of 2.
  const bits = reinterpret<u64>(x) + 0x95F6200000000, power = <f64> (<i32> (bits >> 52) - 1023);
  const f = reinterpret<f64>((bits & 0xFFFFFFFFFFFFF) + 0x3FE6A09E00000000) - 1;
  const halfSquare = 0.5 * f * f, s = f / (2 + f), square = s * s, fourth = square * square;
  const even = fourth *
    (3.999999999940941908e-01 + fourth * (2.222219843214978396e-01 + fourth * 1.531383769920937332e-01));
  const odd = square * (6.666666666666735130e-01 + fourth * (2.857142874366239149e-01 +
        fourth * (1.818357216161805012e-01 + fourth * 1.479819860511658591e-01)));
  return s * (halfSquare + (odd + even)) + power * LN2_LOW - halfSquare + f + power * LN2_HIGH;
}

/** The cosine of an angle from 0 to below 2 pi. */
export function cosine(x: f64): f64 {
  // Without the nearest multiple of a quarter turn, which is subtracted in two parts of 33 bits and one of 53.
  const quarters = x < reinterpret<f64>(0x3FE921FC00000000) ? 0 : nearest(x * 6.36619772367581382433e-01);
  const rough = x - quarters * 1.57079632673412561417e+00, part = quarters * 6.07710050630396597660e-11;
  const high = rough - part, low = quarters * 2.02226624879595063154e-21 - ((rough - high) - part);
  const angle = high - low, error = (high - angle) - low;
  const square = angle * angle, fourth = square * square;
  const quarter = <i32> reinterpret<u64>(quarters + ONES);
  let result: f64;
  if (quarter & 1) {
    const r = 8.33333333332248946124e-03 +
      square * (-1.98412698298579493134e-04 + square * 2.75573137070700676789e-06) +
      square * fourth * (-2.50507602534068634195e-08 + square * 1.58969099521155010221e-10);
    const cube = square * angle;
    result = angle - ((square * (0.5 * error - cube * r) - error) - cube * -1.66666666666666324348e-01);
  } else {
    const r = square *
        (4.16666666666666019037e-02 + square * (-1.38888888888741095749e-03 + square * 2.48015872894767294178e-05)) +
      fourth * fourth *
        (-2.75573143513906633035e-07 + square * (2.08757232129817482790e-09 + square * -1.13596475577881948265e-11));
    const half = 0.5 * square, most = 1 - half;
    result = most + (((1 - most) - half) + (square * r - angle * error));
  }
  return quarter + 1 & 2 ? -result : result;
}
