/**
 * Rare codes are sent as common ones.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { hit, imagesOf } from "./anonymity.ts";
import { countSets } from "./sets.ts";

/** What a table of merged codes is made of. */
export interface MergeOptions {
  /** How many codes there can be. */
  readonly codes: number;
  /** The code of each image of the population. */
  readonly population: ArrayLike<number>;
  /** What the network predicts from each code: `[codes]`. */
  readonly predictions: ArrayLike<number>;
  /** Codes of fewer images than this are merged; default 0: none. */
  readonly least?: number;
  /** So many codes are sent at most, and one for each prediction in any case; default: all. */
  readonly most?: number;
  /**
   * The label of each image of the population. With it those codes are left beside the commonest of each prediction
   * that add the least to the bound of {@link certifyCodes}, at 100 candidates; else the commonest.
   */
  readonly labels?: ArrayLike<number>;
}

/** What a device sends for each code, and what is read from it. */
export interface CodeTable {
  /** `[codes]`, one byte each if 256 are sent at most, else two: the number that is sent. */
  readonly sent: Uint8Array | Uint16Array;
  /** What the network predicts from each number that is sent. */
  readonly predictions: readonly number[];
}

/**
 * Which number is sent for each code: rare ones are sent as the commonest one of which the network predicts the same,
 * so that no prediction changes and what is rare does not stand out; of equally common codes the lowest comes first.
 * What is sent is numbered from 0. The table does not know labels, since the device does not: an image that is mistaken
 * for another label still has few of its own with it.
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
export function mergeRareCodes(options: MergeOptions): CodeTable {
  const { codes, population, predictions, least = 0, most = codes, labels } = options;
  integer("codes", codes, 1, 65536);
  integer("least", least, 0);
  integer("most", most);
  if (predictions.length !== codes) {
    throw new RangeError(`predictions has ${predictions.length} entries; there must be one for each of ${codes} codes`);
  }
  const counts = new Uint32Array(codes);
  for (let image = 0; image < population.length; image++) {
    counts[integer(`population[${image}]`, population[image]!, 0, codes - 1, ", the last code")]!++;
  }
  const inOrder = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const commonest = new Map<number, number>();
  for (const code of inOrder.toReversed()) commonest.set(predictions[code]!, code);
  const others = inOrder.filter((code) => counts[code]! >= least && commonest.get(predictions[code]!) !== code);
  if (labels) {
    const costs = costsOf(population, labels, predictions);
    others.sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0));
  }
  const kept = new Set([...commonest.values(), ...others.slice(0, Math.max(0, most - commonest.size))]);
  const used = [...kept].sort((a, b) => a - b), numbers = new Map(used.map((code, number) => [code, number]));
  const sent = Array.from(counts, (_, code) => numbers.get(code) ?? numbers.get(commonest.get(predictions[code]!)!)!);
  return {
    sent: used.length <= 256 ? Uint8Array.from(sent) : Uint16Array.from(sent),
    predictions: used.map((code) => predictions[code]!),
  };
}

/** Candidates among which codes that stand alone cost what they do. */
const CANDIDATES = 100;

/**
 * What each code adds to the bound, times the images, if it is sent by itself and not with all others of its
 * prediction.
 */
function costsOf(
  population: ArrayLike<number>,
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): Map<number, number> {
  const { labels: counted } = countSets(population, labels), costs = new Map<number, number>();
  for (const { groups } of counted) {
    const all = imagesOf(groups), drawn = Math.min(CANDIDATES, all), together = new Map<number, number>();
    const each = groups.map(({ codes, sets }) => ({ code: codes[0]!, set: sets[0]! }));
    for (const { code, set } of each) {
      const prediction = predictions[code]!;
      together.set(prediction, (together.get(prediction) ?? 0) + set);
    }
    for (const { code, set } of each) {
      const both = together.get(predictions[code]!)!;
      const cost = hit(all, set, drawn) + hit(all, both - set, drawn) - hit(all, both, drawn);
      costs.set(code, (costs.get(code) ?? 0) + all * cost);
    }
  }
  return costs;
}
