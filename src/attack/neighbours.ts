/**
 * A decoder without training: what the attacker's own images with the nearest features look like.
 *
 * @module
 */
import { finite, integer } from "../checks/numbers.ts";
import { sizeOf } from "../nn/mod.ts";
import { countImages } from "./checks.ts";
import type { ReconstructionAttack } from "./reconstruction.ts";

/** Options of {@link NeighbourDecoder}. */
export interface NeighbourDecoderOptions {
  /**
   * What the attacker sees of images of their own, `[images][features]`: none of those attacked, and none of the
   * decoys.
   */
  readonly features: Float32Array;
  /** Those images, `[images][channels][height][width]`. */
  readonly images: Float32Array;
  /** Channels, height and width of an image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** How many of the nearest images the mean is taken of; default 24, or as many as there are. */
  readonly neighbours?: number;
}

/** A feature that differs between images: its values over the examples, by their standard deviation. */
interface Speaking {
  readonly feature: number;
  readonly scale: number;
  readonly values: Float64Array;
}

/** The column of a feature in rows, times a factor. */
function column(rows: Float32Array, width: number, feature: number, scale: number): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, i) => scale * rows[i * width + feature]!);
}

/**
 * Reconstructs an image as the mean of those of the attacker's own images whose features are nearest, each feature
 * counting by its standard deviation over them. Where few units speak it identifies more than a {@link LearnedDecoder},
 * where many do less; it needs no engine. Sums are float64 in a fixed order: the same bits in every runtime.
 */
export class NeighbourDecoder implements ReconstructionAttack<Float32Array> {
  readonly #images: Float32Array;
  readonly #pixels: number;
  readonly #width: number;
  readonly #neighbours: number;
  readonly #speaking: readonly Speaking[];

  /**
   * Looks at the examples; keeps their images, without a copy.
   *
   * @throws {RangeError} if features and images are not as many, a feature or a pixel is not finite, or `neighbours` is
   * no positive integer.
   * @example
   * ```ts
   * import { NeighbourDecoder } from "@tacet/tacet";
   * const images = Float32Array.of(0, 0.5, 1), features = Float32Array.of(3, 5, 9);
   * const decoder = new NeighbourDecoder({ features, images, shape: [1, 1, 1], neighbours: 2 });
   * console.log(await decoder.generate(Float32Array.of(8))); // Float32Array [0.75]
   * ```
   */
  constructor({ features, images, shape, neighbours = 24 }: NeighbourDecoderOptions) {
    const pixels = sizeOf(shape), count = countImages("images", images, pixels), width = features.length / count;
    if (!Number.isInteger(width) || width < 1) {
      throw new RangeError(`features has ${features.length} values; there must be as many for each of ${count} images`);
    }
    finite("features", features);
    this.#images = images;
    this.#pixels = pixels;
    this.#width = width;
    this.#neighbours = Math.min(count, integer("neighbours", neighbours));
    this.#speaking = Array.from({ length: width }, (_, feature) => feature).flatMap((feature) => {
      const values = column(features, width, feature, 1), mean = values.reduce((sum, value) => sum + value, 0) / count;
      const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / count;
      const scale = 1 / Math.sqrt(variance);
      // A feature that is always the same tells nothing. Compared, not computed: a mean's rounding would make a
      // variance of it.
      return values.some((value) => value !== values[0])
        ? [{ feature, scale, values: values.map((value) => scale * value) }]
        : [];
    });
  }

  /**
   * Reconstructs images from their features.
   *
   * @param targetFeatures `[images][features]`
   * @returns `[images][channels][height][width]`
   * @throws {RangeError} (as a rejection) if the features are no whole number of images, or one is not finite.
   */
  // deno-lint-ignore require-await -- attacks are asynchronous, and what is wrong is a rejection
  async generate(targetFeatures: Float32Array): Promise<Float32Array> {
    const count = countImages("targetFeatures", targetFeatures, this.#width, "feature"), pixels = this.#pixels;
    const seen = this.#speaking.map(({ feature, scale }) => column(targetFeatures, this.#width, feature, scale));
    const distances = new Float64Array(this.#images.length / pixels), inverted = new Float32Array(count * pixels);
    for (let image = 0; image < count; image++) {
      distances.fill(0);
      this.#speaking.forEach(({ values }, k) => {
        const own = seen[k]![image]!;
        for (let i = 0; i < values.length; i++) distances[i]! += (values[i]! - own) * (values[i]! - own);
      });
      this.#mean(distances, inverted.subarray(image * pixels, (image + 1) * pixels));
    }
    return inverted;
  }

  /** The mean of the nearest images; of those equally near the first. */
  #mean(distances: Float64Array, out: Float32Array): void {
    const neighbours = this.#neighbours, limit = distances.toSorted()[neighbours - 1]!, pixels = this.#pixels;
    const nearer = Array.from(distances.keys()).filter((i) => distances[i]! < limit);
    const equal = Array.from(distances.keys()).filter((i) => distances[i] === limit);
    const sums = new Float64Array(pixels);
    for (const i of [...nearer, ...equal].slice(0, neighbours)) {
      for (let pixel = 0; pixel < pixels; pixel++) sums[pixel]! += this.#images[i * pixels + pixel]!;
    }
    out.set(sums.map((sum) => sum / neighbours));
  }
}
