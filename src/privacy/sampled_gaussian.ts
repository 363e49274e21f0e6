/**
 * Rényi differential privacy of the sampled Gaussian mechanism: Gaussian noise on a sum over examples of which each
 * takes part with probability q, independently of the others (Poisson sampling).
 *
 * Source: Mironov, Talwar and Zhang, "Rényi Differential Privacy of the Sampled Gaussian Mechanism", 2019, section 3.3
 * (arxiv.org/abs/1908.10530).
 *
 * @module
 */
import { logAdd, logAlternatingSum, logErfc } from "./log_arithmetic.ts";

/** log of E[(mixture / noise)^order] under the noise, for an integer order: a binomial sum. */
function logMomentInteger(q: number, sigma: number, order: number): number {
  let total = -Infinity, logBinomial = 0;
  for (let k = 0; k <= order; k++) {
    const log = logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q);
    total = logAdd(total, log + (k * k - k) / (2 * sigma * sigma));
    logBinomial += Math.log(order - k) - Math.log(k + 1);
  }
  return total;
}

/** The same for an order that is no integer: series of the integral's two halves, split where q N(1) = (1 - q) N(0). */
function logMomentFractional(q: number, sigma: number, order: number): number {
  const logQ = Math.log(q), logRest = Math.log1p(-q), root = Math.SQRT2 * sigma;
  const meet = sigma * sigma * (logRest - logQ) + 0.5;
  let logBinomial = 0, i = 0;
  /** The i-th terms of both series, without their common sign; moves on to the next. */
  const logTerm = (): number => {
    const j = order - i;
    const near = i * logQ + j * logRest + (i * i - i) / (2 * sigma * sigma) + logErfc((i - meet) / root);
    const far = j * logQ + i * logRest + (j * j - j) / (2 * sigma * sigma) + logErfc((meet - j) / root);
    const log = logBinomial + logAdd(near, far) - Math.LN2;
    logBinomial += Math.log(Math.abs(j)) - Math.log(i + 1);
    i++;
    return log;
  };
  let total = -Infinity;
  while (i < order) total = logAdd(total, logTerm());
  // Beyond the order the binomials alternate in sign. They and both integrals are moments of positive measures on
  // [0, 1] (of the beta density, and of the ratio of the smaller density to the larger), so their products are, too.
  return logAdd(total, logAlternatingSum(logTerm));
}

/**
 * Rényi divergence of one step, in nats, neighbours differing by one example added or removed. The moment's logarithm
 * is within 1e-14 (1e-12 at orders of hundreds) absolutely, or 1e-14 relatively.
 *
 * @param q probability with which an example takes part, from 0 to 1
 * @param sigma standard deviation of the noise, over the greatest length of an example's contribution
 * @param order above 1; the time it takes grows with it
 */
export function sampledGaussianRdp(q: number, sigma: number, order: number): number {
  if (q === 0) return 0;
  if (q === 1) return order / (2 * sigma * sigma);
  const logMoment = Number.isInteger(order) ? logMomentInteger(q, sigma, order) : logMomentFractional(q, sigma, order);
  // A divergence is never negative, but its rounding can be.
  return Math.max(0, logMoment / (order - 1));
}
