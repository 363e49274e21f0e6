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

/**
 * For each code the code that is sent in its place: itself, or, where fewer than `least` images have it, the commonest
 * one of which the network predicts the same. So no prediction changes; what is rare does not stand out. The table does
 * not know labels, since the device does not: an image that is mistaken for another label still has few of its own with
 * it. Of codes that are equally common the lowest is taken.
 *
 * @returns `[codes]`: one byte each if 256 codes are enough, else two
 * @throws {RangeError} if a code or a length is out of range.
 * @example
 * ```ts
 * import { mergeRareCodes } from "@tacet/tacet";
 * const predictions = [7, 7, 3, 3], population = [0, 0, 0, 1, 2, 2, 2];
 * console.log(mergeRareCodes({ codes: 4, population, predictions, least: 2 })); // Uint8Array [0, 0, 2, 2]
 * ```
 */
export function mergeRareCodes({ codes, population, predictions, least }: MergeOptions): Uint8Array | Uint16Array {
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
  const table = codes <= 256 ? new Uint8Array(codes) : new Uint16Array(codes);
  return table.map((_, code) => counts[code]! < least ? commonest.get(predictions[code]!)! : code);
}
