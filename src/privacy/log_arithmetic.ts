/**
 * Arithmetic on the logarithms of positive numbers, for sums whose terms are far too large or too small for a float64.
 *
 * @module
 */

/** log(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

/** log(erfc(x)), also where erfc itself is too small for a float64. Within 1e-14 of it, absolute or relative. */
export function logErfc(x: number): number {
  // The series below loses all its digits to cancellation far below 0; the reflected value is small there.
  if (x < -1) return Math.log1p(1 - Math.exp(logErfc(-x)));
  if (x < 1) {
    // erf(x) = 2 / sqrt(pi) * sum of (-1)^n x^(2n + 1) / (n! (2n + 1)).
    let term = x, sum = x;
    for (let n = 1; n < 40 && Math.abs(term) > 1e-18; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return Math.log1p(-2 / Math.sqrt(Math.PI) * sum);
  }
  // erfc(x) = e^-x^2 / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + ...)))). The error falls as e^(-x sqrt(8n)).
  let fraction = x;
  for (let n = Math.ceil(200 / (x * x)) + 8; n > 0; n--) fraction = x + n / 2 / fraction;
  return -x * x - Math.log(fraction) - Math.log(Math.PI) / 2;
}

/** Terms of an alternating series that are looked at. The error is below 2 * 5.8^-24 = 1e-18 of the first. */
const ALTERNATING_TERMS = 24;

/**
 * log(e^a0 - e^a1 + e^a2 - ...), without end, from its first 24 terms.
 *
 * The terms must be moments of a positive measure on [0, 1]; then the error is below 1e-17 of the sum, however slowly
 * they fall. Source: Cohen, Rodriguez Villegas and Zagier, "Convergence acceleration of alternating series", 2000,
 * algorithm 1.
 *
 * @param logTerm the logarithm of a term without its sign; called with 0, 1, 2, ... in turn
 */
export function logAlternatingSum(logTerm: (k: number) => number): number {
  const first = logTerm(0), n = ALTERNATING_TERMS;
  const power = (3 + Math.sqrt(8)) ** n, scale = (power + 1 / power) / 2;
  let b = -1, weight = -scale, ratio = 1, sum = 0;
  for (let k = 0; k < n; k++) {
    weight = b - weight;
    // Such terms never grow, but the rounding of very large or very negative logarithms can make them seem to.
    if (k > 0) ratio = Math.min(ratio, Math.exp(logTerm(k) - first));
    sum += weight * ratio;
    b *= (k + n) * (k - n) / ((k + 0.5) * (k + 1));
  }
  return first + Math.log(sum / scale);
}
