/**
 * The ways of suppressing units that were tried, each unlike the library's examples in one thing.
 *
 * @module
 */
import { MEASURES } from "./importance.ts";
import type { Variant } from "./trial.ts";

const measures = Object.keys(MEASURES).filter((name) => name !== "product");

/** By name; "ours" is the library's, with which the others are compared. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  ours: {},
  ...Object.fromEntries(measures.map((importance): [string, Variant] => [importance, { importance }])),
  "linear": { curve: (passed) => passed },
  "at-once": { curve: () => 1 },
  "epochs-1-5": { during: [1, 5] },
  "epochs-3-9": { during: [3, 9] },
  "even-rate": { slowEnd: false },
  "20-epochs": { epochs: 20 },
  "fc2-16": { others: { fc2: 16 } },
  "conv2-8": { others: { conv2: 8 } },
  "decay-0.001": { decay: 0.001 },
};
