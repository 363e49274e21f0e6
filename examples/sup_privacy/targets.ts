/**
 * Which training images are attacked, from among which an inversion is to tell them, and which the attacker learns
 * from.
 *
 * @module
 */
import {
  type Dataset,
  type Decoys,
  type Engine,
  type LabelledImages,
  pixels,
  sameLabelDecoys,
  type TrainedNetwork,
} from "../../mod.ts";
import { chosenIndices } from "./choice.ts";

/** The images under attack. */
export interface Targets {
  /** `[images][1][32][32]`, from 0 to 1. */
  readonly originals: Float32Array;
  /** The true digits. */
  readonly labels: Uint8Array;
  /** Who says how well an inversion can be read. */
  readonly judge: TrainedNetwork;
  /** Other training images of the same digits; absent where a digit has no other. */
  readonly decoys: Decoys | undefined;
  /** Training images that are neither attacked nor decoys, for the attacker to learn from. */
  readonly examples: Float32Array;
}

/** Decoys of each image, so that chance finds it in one of a hundred cases; fewer where there are not so many. */
const DECOYS = 99;
/** The most images that decoys are taken from, and that the attacker learns from. */
const MOST_DECOYS = 10_000, MOST_EXAMPLES = 20_000;

/** The decoys of images that stand first among those of the given digits. */
function decoysAmong(digits: Uint8Array, attacked: number, seed: number): number[][] | undefined {
  const counts = new Map<number, number>();
  for (const digit of digits) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const targets = Array.from({ length: attacked }, (_, place) => place);
  const count = Math.min(DECOYS, ...targets.map((place) => counts.get(digits[place]!)! - 1));
  return count > 0 ? sameLabelDecoys({ labels: digits, targets, count, seed }) : undefined;
}

/**
 * Draws the images by the seed: those attacked; decoys from among them and half of the others; and examples from the
 * rest.
 *
 * @param images how many are attacked
 * @param samples how many of the source's images were trained on
 */
export async function chooseTargets(
  engine: Engine,
  source: LabelledImages,
  dataset: Dataset,
  { images, samples, seed }: { readonly images: number; readonly samples: number; readonly seed: number },
  judge: TrainedNetwork,
): Promise<Targets> {
  const others = samples - images, decoys = Math.min(MOST_DECOYS, Math.floor(others / 2));
  const chosen = chosenIndices(Math.min(samples, images + decoys + MOST_EXAMPLES), samples, seed);
  const pool = await pixels(engine, dataset, chosen.slice(0, images + decoys));
  const digits = Uint8Array.from(chosen, (index) => source.labels[index]!);
  const places = decoysAmong(digits.subarray(0, images + decoys), images, seed);
  const left = chosen.slice(images + decoys);
  return {
    originals: pool.slice(0, images * 32 * 32),
    labels: digits.slice(0, images),
    judge,
    decoys: places && { pool, places },
    examples: left.length > 0 ? await pixels(engine, dataset, left) : new Float32Array(0),
  };
}
