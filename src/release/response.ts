/**
 * Randomised response: a code is sent as it is, or as another one, by chance.
 *
 * Source: Warner, "Randomized Response", Journal of the American Statistical Association 60, 1965; as local
 * differential privacy: Kairouz, Bonawitz and Ramage, "Discrete Distribution Estimation under Local Privacy", 2016.
 *
 * @module
 */
import { integer, positive } from "../checks/numbers.ts";

/** A randomised response. */
export interface RandomizedResponseOptions {
  /** By at most e^epsilon anything sent is likelier from one image than from another one that is read alike. */
  readonly epsilon: number;
  /**
   * What is read from each code, as in {@link CodeTable}: a code is sent as it is or as another one from which the same
   * is read. Then no prediction changes, and images that are read differently are told apart. Codes that are all given
   * one number are exchanged with all others.
   */
  readonly predictions: ArrayLike<number>;
}

/** Codes that are sent for one another. */
export interface ResponseGroup {
  /** The codes, in order. */
  readonly codes: readonly number[];
  /** That the true code is sent: e^epsilon / (e^epsilon + codes - 1). */
  readonly kept: number;
  /** That a certain other one is. */
  readonly swapped: number;
}

/** Its probabilities. */
export interface RandomizedResponse {
  /** See {@link RandomizedResponseOptions}. */
  readonly epsilon: number;
  /** The group of each code. */
  readonly groups: readonly ResponseGroup[];
}

/**
 * The probabilities of a randomised response.
 *
 * @throws {RangeError} if there are no codes or more than 65,536, or epsilon is no positive number.
 * @example
 * ```ts
 * import { randomizedResponse } from "@tacet/tacet";
 * const { groups } = randomizedResponse({ epsilon: 2, predictions: [7, 7, 7, 3] });
 * console.log(groups[0]!.kept.toFixed(2), groups[3]!.kept); // 0.79 1
 * ```
 */
export function randomizedResponse({ epsilon, predictions }: RandomizedResponseOptions): RandomizedResponse {
  integer("the number of predictions", predictions.length, 1, 65536);
  positive("epsilon", epsilon);
  const members = new Map<number, number[]>();
  Array.from(predictions, (prediction, code) => members.set(prediction, [...members.get(prediction) ?? [], code]));
  const groups = new Map(
    [...members].map(([prediction, codes]): [number, ResponseGroup] => {
      const swapped = 1 / (Math.exp(epsilon) + codes.length - 1);
      return [prediction, { codes, kept: 1 - (codes.length - 1) * swapped, swapped }];
    }),
  );
  return { epsilon, groups: Array.from(predictions, (prediction) => groups.get(prediction)!) };
}

/**
 * The code that is sent: of all numbers from 0 to 2^32 - 1, equally likely, every code has the share that the response
 * gives it, within 2^-32.
 */
export function respond({ groups }: RandomizedResponse, code: number, number: number): number {
  const { codes, kept } = groups[code]!, share = number / 2 ** 32;
  if (share < kept) return code;
  const others = codes.filter((other) => other !== code);
  return others[Math.min(others.length - 1, Math.floor((share - kept) / (1 - kept) * others.length))]!;
}
