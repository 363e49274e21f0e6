/**
 * Anonymity sets: images that share a code.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { CountedGroup } from "./anonymity.ts";
import type { RandomizedResponse } from "./response.ts";

/** How often each code occurs. */
export interface Sets {
  /** With each label, in order. */
  readonly labels: readonly { readonly label: number; readonly groups: readonly CountedGroup[] }[];
  /** With any. */
  readonly ofAnyLabel: readonly CountedGroup[];
}

/**
 * Counts the codes of each label. Of a group of which one code occurs all are there.
 *
 * @throws {RangeError} if there are none, lengths differ, or an entry is no integer from 0 or no code of the response.
 */
export function countSets(codes: ArrayLike<number>, labels: ArrayLike<number>, response?: RandomizedResponse): Sets {
  if (codes.length !== labels.length || codes.length === 0) {
    throw new RangeError(`codes has ${codes.length} entries and labels ${labels.length}; each image needs one of both`);
  }
  const last = response ? response.groups.length - 1 : Infinity,
    note = response ? ", the last code of the response" : "";
  const byLabel = new Map<number, Map<number, number>>(), anyLabel = new Map<number, number>();
  for (let image = 0; image < codes.length; image++) {
    const code = integer(`codes[${image}]`, codes[image]!, 0, last, note);
    const label = integer(`labels[${image}]`, labels[image]!, 0), counts = byLabel.get(label) ?? new Map();
    byLabel.set(label, counts);
    for (const map of [counts, anyLabel]) map.set(code, (map.get(code) ?? 0) + 1);
  }
  const groupsOf = (counts: ReadonlyMap<number, number>): CountedGroup[] => {
    const occurring = [...counts.keys()].sort((a, b) => a - b);
    const alone = (code: number) => ({ codes: [code], kept: 1, swapped: 0 });
    const groups = new Set(occurring.map((code) => response?.groups[code] ?? alone(code)));
    return [...groups].map((group) => ({ ...group, sets: group.codes.map((code) => counts.get(code) ?? 0) }));
  };
  return {
    labels: [...byLabel].sort(([a], [b]) => a - b).map(([label, counts]) => ({ label, groups: groupsOf(counts) })),
    ofAnyLabel: groupsOf(anyLabel),
  };
}
