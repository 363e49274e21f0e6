/**
 * Rare codes are sent as common ones.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";

/** What a table of merged codes is made of. */
export interface MergeOptions {
  /** How many codes there can be. */
  readonly codes: number;
  /** The code of each image of the population. */
  readonly population: ArrayLike<number>;
  /** What the network predicts from each code: `[codes]`. */
  readonly predictions: ArrayLike<number>;
  /** Codes of fewer images than this are merged. */
  readonly least: number;
}

/** What a device sends for each code, and what is read from it. */
export interface CodeTable {
  /** `[codes]`, one byte each if 256 are sent at most, else two: the number that is sent. */
  readonly sent: Uint8Array | Uint16Array;
  /** What the network predicts from each number that is sent. */
  readonly predictions: readonly number[];
}

/**
 * Which number is sent for each code: codes that fewer than `least` images have are sent as the commonest one of which
 * the network predicts the same, so that no prediction changes and what is rare does not stand out; of equally common
 * codes the lowest is the commonest. What is sent is numbered from 0. The table does not know labels, since the device
 * does not: an image that is mistaken for another label still has few of its own with it.
 *
 * @throws {RangeError} if a code or a length is out of range.
 * @example
 * ```ts
 * import { mergeRareCodes } from "@tacet/tacet";
 * const predictions = [7, 7, 3, 3], population = [0, 0, 0, 1, 2, 2, 2];
 * const table = mergeRareCodes({ codes: 4, population, predictions, least: 2 });
 * console.log(table.sent, table.predictions); // Uint8Array [0, 0, 1, 1], [7, 3]
 * ```
 */
export function mergeRareCodes({ codes, population, predictions, least }: MergeOptions): CodeTable {
  integer("codes", codes, 1, 65536);
  integer("least", least, 0);
  if (predictions.length !== codes) {
    throw new RangeError(`predictions has ${predictions.length} entries; there must be one for each of ${codes} codes`);
  }
  const counts = new Uint32Array(codes);
  for (let image = 0; image < population.length; image++) {
    counts[integer(`population[${image}]`, population[image]!, 0, codes - 1, ", the last code")]!++;
  }
  const commonest = new Map<number, number>();
  for (let code = 0; code < codes; code++) {
    const known = commonest.get(predictions[code]!);
    if (known === undefined || counts[code]! > counts[known]!) commonest.set(predictions[code]!, code);
  }
  const targets = Array.from(counts, (count, code) => count < least ? commonest.get(predictions[code]!)! : code);
  const used = [...new Set(targets)].sort((a, b) => a - b),
    numbers = new Map(used.map((code, number) => [code, number]));
  const sent = targets.map((code) => numbers.get(code)!);
  return {
    sent: used.length <= 256 ? Uint8Array.from(sent) : Uint16Array.from(sent),
    predictions: used.map((code) => predictions[code]!),
  };
}
