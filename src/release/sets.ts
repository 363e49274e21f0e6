/**
 * Anonymity sets: images that share a code.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";

/** The images of one label, by their codes. */
export interface LabelSets {
  readonly label: number;
  readonly images: number;
  /** The codes that occur, in order. */
  readonly codes: readonly number[];
  /** How many images have each of them. */
  readonly sets: readonly number[];
}

/** How often each code occurs. */
export interface Sets {
  /** With each label, in order. */
  readonly labels: readonly LabelSets[];
  /** With any. */
  readonly ofAnyLabel: readonly number[];
}

const counted = (counts: Map<number, number>, key: number) => counts.set(key, (counts.get(key) ?? 0) + 1);

/**
 * Counts the codes of each label.
 *
 * @throws {RangeError} if there are none, lengths differ, or an entry is no integer from 0.
 */
export function countSets(codes: ArrayLike<number>, labels: ArrayLike<number>): Sets {
  if (codes.length !== labels.length || codes.length === 0) {
    throw new RangeError(`codes has ${codes.length} entries and labels ${labels.length}; each image needs one of both`);
  }
  const byLabel = new Map<number, Map<number, number>>(), anyLabel = new Map<number, number>();
  for (let image = 0; image < codes.length; image++) {
    const code = integer(`codes[${image}]`, codes[image]!, 0), label = integer(`labels[${image}]`, labels[image]!, 0);
    if (!byLabel.has(label)) byLabel.set(label, new Map());
    counted(byLabel.get(label)!, code);
    counted(anyLabel, code);
  }
  const inOrder = <Value>(map: Map<number, Value>) => [...map].sort(([a], [b]) => a - b);
  const labelSets = inOrder(byLabel).map(([label, counts]): LabelSets => {
    const each = inOrder(counts), sets = each.map(([, images]) => images);
    return { label, images: sets.reduce((sum, set) => sum + set, 0), codes: each.map(([code]) => code), sets };
  });
  return { labels: labelSets, ofAnyLabel: [...anyLabel.values()] };
}
