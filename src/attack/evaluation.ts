/**
 * How much an inversion brought back.
 *
 * @module
 */
import { finiteRows } from "../checks/numbers.ts";
import type { Engine } from "../engine/engine.ts";
import { softmaxProbability } from "../metrics/confidence.ts";
import { type Identification, identification } from "../metrics/identification.ts";
import { type Interval, meanInterval } from "../metrics/interval.ts";
import { relativeL2 } from "../metrics/l2.ts";
import { ssim } from "../metrics/ssim.ts";
import { sizeOf, type TrainedNetwork } from "../nn/mod.ts";
import { checkParameters, countImages } from "./checks.ts";
import { outputsOf } from "./outputs.ts";

/** Other images with the labels of those attacked. */
export interface Decoys {
  /** Images `[images][channels][height][width]`. */
  readonly pool: Float32Array;
  /** For each image attacked the places of its decoys in the pool; see {@link sameLabelDecoys}. */
  readonly places: readonly ArrayLike<number>[];
}

/** What a reconstruction is measured by, beside the originals. */
export interface EvaluationOptions {
  /** The true class of each image; needed with a judge. */
  readonly labels?: ArrayLike<number>;
  /** A separately trained classifier that says how well a reconstruction can be read; needed with labels. */
  readonly judge?: TrainedNetwork;
  /** From among which a reconstruction is to tell its original. */
  readonly decoys?: Decoys;
  /**
   * SSIM's data range: the largest possible pixel minus the smallest. Default 1, or the width of an attack's
   * `inputBound`. MindArmour's is `MINDARMOUR_DATA_RANGE`.
   */
  readonly dataRange?: number;
}

/** Figures over the images: means with their 95 % confidence intervals (Student's t). */
export interface InversionEvaluation {
  /** Number of images. */
  readonly images: number;
  /** ||original - inverted|| / ||original||: more is more private. Over the images that are not black. */
  readonly l2: Interval;
  /** Structural similarity (SSIM) by `dataRange`: less is more private. */
  readonly ssim: Interval;
  /** The data range of SSIM. */
  readonly dataRange: number;
  /** The judge's softmax probability of the true class: less is more private. Null without a judge. */
  readonly confidence: Interval | null;
  /** Share of the reconstructions in which the judge's most probable class is the true one. Null without a judge. */
  readonly predictedRight: number | null;
  /** How often the reconstruction tells which image it is of: less is more private. Null without decoys. */
  readonly identification: Identification | null;
  /**
   * How many images a figure leaves out because it is undefined for them: a relative L2 to a black image, a correlation
   * with an image of one colour all over.
   */
  readonly undefined: { readonly l2: number; readonly identification: number };
  /** The figures of each image; NaN where it is undefined, which JSON writes as null. */
  readonly perImage: {
    readonly l2: readonly number[];
    readonly ssim: readonly number[];
    readonly confidence: readonly number[] | null;
  };
}

/**
 * How near reconstructions come to the originals, both `[images][channels][height][width]`, whatever attack made them.
 *
 * @param engine carries the judge's arithmetic out
 * @throws {RangeError} (as a rejection) if the images are no whole number, their numbers or labels do not match, a
 * pixel or one of the judge's logits is not finite, or all originals are black, or, with decoys, of one colour.
 * @throws {TypeError} (as a rejection) if there are labels without a judge, or a judge without labels.
 * @example
 * ```ts
 * import { evaluateInversion, openEngine } from "@tacet/tacet";
 * const originals = Float32Array.from({ length: 128 }, (_, i) => (i % 9) / 9), grey = new Float32Array(128).fill(0.5);
 * console.log((await evaluateInversion(await openEngine(), [1, 8, 8], originals, grey)).l2.mean);
 * ```
 */
export async function evaluateInversion(
  engine: Engine,
  shape: readonly [channels: number, height: number, width: number],
  originals: Float32Array,
  inverted: Float32Array,
  { labels, judge, decoys, dataRange = 1 }: EvaluationOptions = {},
): Promise<InversionEvaluation> {
  const [channels, height, width] = shape;
  const pixels = sizeOf(shape), count = countImages("originals", originals, pixels);
  if (inverted.length !== originals.length) {
    throw new RangeError(`inverted has ${inverted.length} values, but originals ${originals.length}`);
  }
  if ((labels === undefined) !== (judge === undefined)) {
    throw new TypeError("the confidence takes both labels and a judge; give both or neither");
  }
  if (labels && labels.length !== count) {
    throw new RangeError(`labels has ${labels.length} values; there are ${count} images`);
  }
  if (judge) checkParameters(judge.network, judge.parameters);
  finiteRows("inverted", inverted, pixels);
  const image = (values: Float32Array, index: number) => values.subarray(index * pixels, (index + 1) * pixels);
  const each = <Figure>(figure: (index: number) => Figure) =>
    Array.from({ length: count }, (_, index) => figure(index));
  const l2 = each((index) => relativeL2(image(originals, index), image(inverted, index)));
  const distances = l2.filter((distance) => !Number.isNaN(distance));
  if (distances.length === 0) {
    throw new RangeError(
      `originals: ${count === 1 ? "the image is" : `all ${count} images are`} black, to which no distance is relative`,
    );
  }
  const size = { channels, height, width, dataRange };
  const similarity = each((index) => ssim(image(originals, index), image(inverted, index), size));
  let confidence: number[] | null = null, predictedRight: number | null = null;
  if (labels && judge) {
    const { network, parameters } = judge, classes = sizeOf(network.outputShape);
    const program = engine.program(network, { batchSize: Math.min(count, 32) });
    program.parameters.setValues(parameters);
    const all = await outputsOf(program, inverted, "the judge's logits");
    const logits = each((index) => all.subarray(index * classes, (index + 1) * classes));
    confidence = each((index) => softmaxProbability(logits[index]!, labels[index]!));
    const right = logits.filter((row, index) =>
      row.every((logit, c) => c === labels[index] || logit < row[labels[index]!]!)
    );
    predictedRight = right.length / count;
  }
  const identified = decoys
    ? identification({ size: pixels, originals, reconstructions: inverted, pool: decoys.pool, decoys: decoys.places })
    : null;
  return {
    images: count,
    l2: meanInterval(distances),
    ssim: meanInterval(similarity),
    dataRange,
    confidence: confidence && meanInterval(confidence),
    predictedRight,
    identification: identified,
    undefined: { l2: count - distances.length, identification: identified?.undefined ?? 0 },
    perImage: { l2, ssim: similarity, confidence },
  };
}
