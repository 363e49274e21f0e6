/**
 * What a dropout layer draws: the same bits for every engine.
 *
 * @module
 */
import type { DropoutLayer } from "../nn/mod.ts";
import { threefry2x32 } from "../random/threefry.ts";
import type { Pass } from "./backend.ts";

/**
 * The stream of a layer's seed from which its keys come. The streams below are those of shuffles, those from
 * 0xd000_0000 on the attacks'.
 */
const DROPOUT_STREAM = 0xc000_0000;

/**
 * A pass leaves out where word 0 of Threefry (key)(element, first + image) is below `threshold`; `scale` is for the
 * rest.
 */
export interface Draws {
  readonly key: readonly [number, number];
  readonly first: number;
  readonly threshold: number;
  readonly scale: number;
}

/** Nothing is left out. */
const NONE: Draws = { key: [0, 0], first: 0, threshold: 0, scale: 1 };

/**
 * The draws of a layer, pass for pass. Its name leads from the seed to a key of its own, the number of the step from
 * there to the step's: the passes of a step draw alike, and so do both ways of a pass.
 */
export function dropoutDraws(name: string, { rate, seed }: DropoutLayer, pass: Pass): () => Draws {
  const own = new Uint32Array([seed, DROPOUT_STREAM]), key = new Uint32Array(2);
  for (let i = 0; i < name.length; i++) threefry2x32(own[0]!, own[1]!, name.charCodeAt(i), i, own);
  const threshold = Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32)), scale = Math.fround(1 / (1 - rate));
  return () => {
    const { training, step, first } = pass;
    if (!training || threshold === 0) return NONE;
    threefry2x32(own[0]!, own[1]!, step | 0, Math.floor(step / 2 ** 32), key);
    return { key: [key[0]!, key[1]!], first, threshold, scale };
  };
}
