/**
 * The other images that a reconstruction could be mistaken for.
 *
 * @module
 */
import { finite, integer, MOST_SEED } from "../checks/numbers.ts";
import { Random } from "../random/threefry.ts";

/** The first stream of the seed from which decoys are drawn; each target takes the next. */
const DECOY_STREAM = 0xe000_0000;

/** Which images to draw, and from which. */
export interface DecoyOptions {
  /** The label of each image. */
  readonly labels: ArrayLike<number>;
  /** The indices of the images attacked. */
  readonly targets: ArrayLike<number>;
  /** Decoys for each of them; default 99, so that chance identifies 1 %. */
  readonly count?: number;
  /** From which they are drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
}

/**
 * For each target the indices of `count` different other images with its label, each set equally likely, in the order
 * drawn. They depend on the seed and the target's place among the targets, not on how many targets there are.
 *
 * @throws {RangeError} if the seed is no unsigned 32-bit integer, a label is not finite, a target is no index, or its
 * label has too few other images.
 * @example
 * ```ts
 * import { sameLabelDecoys } from "@tacet/tacet";
 * console.log(sameLabelDecoys({ labels: [7, 3, 7, 7], targets: [0], count: 2 })); // [[2, 3]] or [[3, 2]]
 * ```
 */
export function sameLabelDecoys({ labels, targets, count = 99, seed = 1 }: DecoyOptions): number[][] {
  integer("count", count);
  integer("seed", seed, 0, MOST_SEED);
  finite("labels", labels);
  const ofLabel = new Map<number, number[]>();
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!, known = ofLabel.get(label);
    if (known) known.push(index);
    else ofLabel.set(label, [index]);
  }
  return Array.from(targets, (target, place) => {
    const label = labels[target];
    if (label === undefined) throw new RangeError(`targets[${place}] is ${target}; there are ${labels.length} images`);
    const others = ofLabel.get(label)!.filter((index) => index !== target);
    if (others.length < count) {
      throw new RangeError(
        `label ${label} has ${others.length} images beside the target; ${count} decoys need as many: take fewer decoys or more images`,
      );
    }
    // Fisher and Yates's shuffle, stopped early.
    const random = new Random(seed, DECOY_STREAM + place);
    for (let i = 0; i < count; i++) {
      const other = i + random.integer(others.length - i);
      [others[i], others[other]] = [others[other]!, others[i]!];
    }
    return others.slice(0, count);
  });
}
