/**
 * Rényi differential privacy of the sampled Gaussian mechanism: Gaussian noise on a sum over examples of which each takes part with probability q.
 *
 * Source: Mironov, Talwar and Zhang, "Rényi Differential Privacy of the Sampled Gaussian Mechanism", 2019: equations (4) for integer orders, and (5) to (7) for others.
 *
 * @module
 */

/** log(e^a + e^b). */
function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

/** log(e^a - e^b), for a >= b. */
function logSubtract(a: number, b: number): number {
  if (b === -Infinity) return a;
  return a <= b ? -Infinity : a + Math.log(-Math.expm1(b - a));
}

/** log(erfc(x)), also where erfc is too small for a float64: a continued fraction beyond 1, a series below. */
export function logErfc(x: number): number {
  if (x < 1) {
    if (x < -6) return Math.LN2;
    // erf by its series: x * 2 / sqrt(pi) * sum of (-1)^n x^2n / (n! (2n + 1)).
    let term = x, sum = x;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return Math.log1p(-2 / Math.sqrt(Math.PI) * sum);
  }
  // erfc(x) = e^-x^2 / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + ...)))).
  let fraction = x;
  for (let n = 200; n > 0; n--) fraction = x + n / 2 / fraction;
  return -x * x - Math.log(fraction) - Math.log(Math.PI) / 2;
}

/** log of E[(mixture / noise)^order] for an integer order: a binomial sum. */
function logMomentInteger(q: number, sigma: number, order: number): number {
  let total = -Infinity, binomial = 0;
  for (let k = 0; k <= order; k++) {
    const log = binomial + k * Math.log(q) + (order - k) * Math.log1p(-q);
    total = logAdd(total, log + (k * k - k) / (2 * sigma * sigma));
    binomial += Math.log(order - k) - Math.log(k + 1);
  }
  return total;
}

/** The same for any order above 1: two series of the halves of the integral, split where the two densities meet. */
function logMomentFractional(q: number, sigma: number, order: number): number {
  const meet = sigma * sigma * Math.log(1 / q - 1) + 0.5, root = Math.SQRT2 * sigma;
  // Terms of either sign add up apart.
  let positive = -Infinity, negative = -Infinity, logBinomial = 0, sign = 1;
  for (let i = 0;; i++) {
    const j = order - i;
    const near = logBinomial + i * Math.log(q) + j * Math.log1p(-q) + (i * i - i) / (2 * sigma * sigma) +
      Math.log(0.5) + logErfc((i - meet) / root);
    const far = logBinomial + j * Math.log(q) + i * Math.log1p(-q) + (j * j - j) / (2 * sigma * sigma) +
      Math.log(0.5) + logErfc((meet - j) / root);
    const term = logAdd(near, far);
    if (sign > 0) positive = logAdd(positive, term);
    else negative = logAdd(negative, term);
    // From here on the terms only become smaller.
    if (i > order && term < logSubtract(positive, negative) - 40) return logSubtract(positive, negative);
    const factor = (order - i) / (i + 1);
    logBinomial += Math.log(Math.abs(factor));
    if (factor < 0) sign = -sign;
  }
}

/**
 * Rényi divergence of one step at an order above 1.
 *
 * @param q probability with which an example takes part, from 0 to 1
 * @param sigma standard deviation of the noise, over the greatest length of an example's contribution
 */
export function sampledGaussianRdp(q: number, sigma: number, order: number): number {
  if (q === 0) return 0;
  if (q === 1) return order / (2 * sigma * sigma);
  const logMoment = Number.isInteger(order) ? logMomentInteger(q, sigma, order) : logMomentFractional(q, sigma, order);
  return logMoment / (order - 1);
}
