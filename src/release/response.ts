/**
 * Randomised response: a code is sent as it is, or as any other, by chance.
 *
 * Source: Warner, "Randomized Response", Journal of the American Statistical Association 60, 1965; as local differential
 * privacy: Kairouz, Bonawitz and Ramage, "Discrete Distribution Estimation under Local Privacy", 2016.
 *
 * @module
 */
import { integer, positive } from "../checks/numbers.ts";

/** A randomised response over so many codes. */
export interface ResponseOptions {
  /** How many codes there are to send. */
  readonly codes: number;
  /** By at most e^epsilon anything sent is likelier from one image than from another one. */
  readonly epsilon: number;
}

/** Its probabilities. */
export interface Response extends ResponseOptions {
  /** That the true code is sent: e^epsilon / (e^epsilon + codes - 1). */
  readonly kept: number;
  /** That a certain other one is. */
  readonly swapped: number;
}

/** Nothing is left to chance. */
export const DETERMINISTIC = { kept: 1, swapped: 0 } as const;

/**
 * The probabilities of a randomised response.
 *
 * @throws {RangeError} if there are fewer than two codes or more than 65,536, or epsilon is no positive number.
 * @example
 * ```ts
 * import { randomizedResponse } from "@tacet/tacet";
 * console.log(randomizedResponse({ codes: 16, epsilon: 4 }).kept.toFixed(2)); // 0.78
 * ```
 */
export function randomizedResponse({ codes, epsilon }: ResponseOptions): Response {
  integer("codes", codes, 2, 65536);
  positive("epsilon", epsilon);
  const swapped = 1 / (Math.exp(epsilon) + codes - 1);
  return { codes, epsilon, kept: 1 - (codes - 1) * swapped, swapped };
}

/**
 * The code that is sent: of each `number` from 0 to 2^32 - 1, all equally likely, every code has the share that the
 * response gives it, within 2^-32.
 */
export function respond({ codes, kept }: Response, code: number, number: number): number {
  const share = number / 2 ** 32;
  if (share < kept) return code;
  const other = Math.min(codes - 2, Math.floor((share - kept) / (1 - kept) * (codes - 1)));
  return other < code ? other : other + 1;
}
