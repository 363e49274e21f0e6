/**
 * The exponential function from additions and multiplications alone. `Math.exp` differs in its last bits between
 * JavaScript engines; this one does not, so that reports are the same to the byte everywhere.
 *
 * @module
 */

/** ln 2 in two parts. The first has 32 bits, so its product with any exponent of a float64 is exact. */
const LN2_HIGH = 2977044471 / 2 ** 32;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = 1.4426950408889634;

/** Beyond it every exponential is infinite or 0. */
const LIMIT = 750;

/** Terms of the series: the first one left out is below 5e-18 of the result, a fiftieth of the rounding. */
const TERMS = 13;

/**
 * e to the power x, within 4e-16 of it in relative terms (2.5e-324 more where the result is below 2.3e-308, as float64
 * has fewer digits there). Infinity above 709.78, 0 below -745.13, NaN for NaN. The same bits on every engine.
 *
 * @example
 * ```ts
 * import { exponential } from "./exponential.ts";
 * console.log(exponential(0), exponential(1)); // 1 2.718281828459045
 * ```
 */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > LIMIT) return x > 0 ? Infinity : 0;
  // x = exponent * ln 2 + rest with |rest| <= 0.35, so e^x = 2^exponent * e^rest.
  const exponent = Math.round(x * INVERSE_LN2);
  const rest = x - exponent * LN2_HIGH - exponent * LN2_LOW;
  let sum = 1;
  for (let term = TERMS; term > 0; term--) sum = 1 + (rest * sum) / term;
  // In two steps, since 2^exponent may itself be too large or too small although the result is not.
  const half = Math.floor(exponent / 2);
  return sum * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** 2 to an integer from -1022 to 1023. Exact, since products of powers of two are. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  let square = exponent < 0 ? 0.5 : 2;
  for (let bits = Math.abs(exponent); bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}
