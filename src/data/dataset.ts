/**
 * The way of the images into training: which, in which order, in batches of how many, and what is to become of their
 * pixels.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { integer, MOST_SEED } from "../checks/numbers.ts";
import { Random } from "../random/threefry.ts";
import type { LabelledImages } from "./images.ts";
import { ShuffleBuffer } from "./shuffle.ts";

/**
 * The first of the random streams that shuffles use: pass `p` over the samples draws from stream 2^31 + p of the
 * dataset's seed. The streams below are left to all else that is drawn from the same seed (initial weights, noise, pen
 * strokes).
 */
export const SHUFFLE_STREAM = 2 ** 31;

/** How a {@linkcode Dataset} prepares its samples. */
export interface DatasetOptions {
  /**
   * Height and width, in pixels, to which images are resized bilinearly: integers from 1 to 4096. Default: the
   * source's, untouched.
   */
  readonly size?: readonly [height: number, width: number];
  /** What a pixel (0 to 255) is multiplied with: a finite number above 0. Default 1 / 255. */
  readonly scale?: number;
  /** The form of the labels: the number of the class, or a vector with a 1 at that place. Default "integer". */
  readonly labels?: "integer" | "oneHot";
  /**
   * Places of the buffer through which samples are shuffled; 0 keeps their order. An integer from 0 to 2^31 - 1;
   * default 10,000.
   */
  readonly shuffleBuffer?: number;
  /** Seed of the shuffling, an integer from 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** Take only the first so many samples: an integer from 1 to the source's count, which is the default. */
  readonly limit?: number;
  /** Leave out the samples at the end that do not fill a batch. Default true. */
  readonly dropRemainder?: boolean;
  /**
   * How batches are drawn. "shuffle" (the default): every sample once in a pass, in batches of equal size. "poisson":
   * every sample takes part in each batch with probability batchSize / samples, whatever the others do, so that batches
   * are of different sizes, seldom empty; as differential privacy needs it. There are as many batches as by "shuffle";
   * `shuffleBuffer` is of no use then.
   */
  readonly sampling?: "shuffle" | "poisson";
  /** How often the samples pass in one epoch: an integer from 1 to 2^20. Default 1. */
  readonly repeat?: number;
}

/**
 * Throws unless the source is what it says it is: everything behind relies on it, compiled kernels without any check of
 * their own.
 */
function checkSource(source: LabelledImages): void {
  const { name, images, labels, count, channels, height, width, classes } = source;
  if (!isTypedArray("Uint8Array", images) || !isTypedArray("Uint8Array", labels)) {
    throw new TypeError(`source ${JSON.stringify(name)}: images and labels must each be a Uint8Array`);
  }
  for (const [key, value] of Object.entries({ count, channels, height, width })) {
    integer(`source.${key}`, value, 1, 2 ** 31 - 1);
  }
  integer("source.classes", classes, 1, 256);
  if (images.length !== count * channels * height * width) {
    throw new RangeError(
      `source.images has ${images.length} bytes; ${count} images of ${channels} x ${height} x ${width} take ` +
        `${count * channels * height * width}`,
    );
  }
  if (labels.length !== count) throw new RangeError(`source.labels has ${labels.length} labels for ${count} images`);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new RangeError(
      `source.labels[${wrong}] is ${labels[wrong]}; with ${classes} classes it must be below ${classes}`,
    );
  }
}

/** The option, if it is one of those that there are. */
function oneOf<Choice extends string>(name: string, value: Choice, choices: readonly Choice[]): Choice {
  if (choices.includes(value)) return value;
  throw new TypeError(`${name} is ${JSON.stringify(value)}; it must be "${choices.join('" or "')}"`);
}

/**
 * Labelled images as training sees them. It is a description: it yields the indices of each batch's samples, and says
 * how an engine is to resize and scale them, but touches no pixel. The same seed gives the same order on every runtime;
 * every epoch has another.
 *
 * @example
 * ```ts
 * import { Dataset } from "@tacet/tacet";
 * const source = {
 *   name: "six dark images",
 *   images: new Uint8Array(6 * 28 * 28),
 *   labels: new Uint8Array([0, 1, 2, 0, 1, 2]),
 *   count: 6, channels: 1, height: 28, width: 28, classes: 3,
 * };
 * const dataset = new Dataset(source, { size: [32, 32], seed: 7 });
 * console.log(dataset.batches(2)); // 3
 * for (const samples of dataset.epoch(1, 2)) console.log(samples); // three times the indices of two samples
 * ```
 */
export class Dataset {
  /** The images and labels. */
  readonly source: LabelledImages;
  /** Height and width of a sample, after resizing, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** What a pixel is multiplied with. */
  readonly scale: number;
  /** The form of the labels. */
  readonly labels: "integer" | "oneHot";
  /** Places of the shuffle buffer; 0 keeps the order. */
  readonly shuffleBuffer: number;
  /** Seed of the shuffling. */
  readonly seed: number;
  /** Only the first so many samples of the source are used. */
  readonly limit: number;
  /** Are samples that do not fill a batch left out? */
  readonly dropRemainder: boolean;
  /** How batches are drawn. */
  readonly sampling: "shuffle" | "poisson";
  /** How often the samples pass in one epoch. */
  readonly repeat: number;

  /**
   * Every option has a default: {@linkcode DatasetOptions}. The source is kept, not copied.
   *
   * @throws {RangeError} if an option is out of range, or the source's lengths do not match its sizes or a label its
   * classes.
   * @throws {TypeError} if the source's images or labels are no Uint8Array, or `labels`, `size` or `dropRemainder` is
   * of another kind.
   */
  constructor(source: LabelledImages, options: DatasetOptions = {}) {
    checkSource(source);
    this.source = source;
    const size: readonly number[] = options.size ?? [source.height, source.width];
    if (!Array.isArray(size) || size.length !== 2) throw new TypeError("size must be [height, width], two numbers");
    const limits = options.size === undefined ? 2 ** 31 - 1 : 4096;
    this.size = Object.freeze(
      [
        integer("size[0], the height,", size[0]!, 1, limits),
        integer("size[1], the width,", size[1]!, 1, limits),
      ] as const,
    );
    this.scale = options.scale ?? 1 / 255;
    if (!Number.isFinite(this.scale) || this.scale <= 0) {
      throw new RangeError(`scale is ${this.scale}; it must be a finite number above 0, such as 1 / 255`);
    }
    this.labels = oneOf("labels", options.labels ?? "integer", ["integer", "oneHot"]);
    this.shuffleBuffer = integer("shuffleBuffer", options.shuffleBuffer ?? 10_000, 0, 2 ** 31 - 1);
    this.seed = integer("seed", options.seed ?? 1, 0, MOST_SEED);
    this.limit = integer("limit", options.limit ?? source.count, 1, source.count, `, the images of ${source.name}`);
    this.dropRemainder = options.dropRemainder ?? true;
    if (typeof this.dropRemainder !== "boolean") throw new TypeError("dropRemainder must be true or false");
    this.sampling = oneOf("sampling", options.sampling ?? "shuffle", ["shuffle", "poisson"]);
    this.repeat = integer("repeat", options.repeat ?? 1, 1, 2 ** 20);
  }

  /** Number of different samples in an epoch. */
  get samples(): number {
    return this.limit;
  }

  /**
   * Number of batches in an epoch.
   *
   * @throws {RangeError} if `batchSize` is not an integer from 1 to 2^31 - 1, or so large that every sample would be
   * left out as remainder.
   */
  batches(batchSize: number): number {
    integer("batchSize", batchSize, 1, 2 ** 31 - 1);
    if (this.dropRemainder && batchSize > this.samples) {
      throw new RangeError(
        `batchSize is ${batchSize}, but there are only ${this.samples} samples, so no batch would be full; ` +
          "take smaller batches or dropRemainder: false",
      );
    }
    const perPass = this.samples / batchSize;
    return (this.dropRemainder ? Math.floor(perPass) : Math.ceil(perPass)) * this.repeat;
  }

  /**
   * The samples of each batch in turn, as indices into the source: `batchSize` of them, or fewer at the end of a pass
   * if the remainder is kept; of any number by "poisson". Each array is a fresh one. The order depends on the seed, the
   * epoch and the pass, on nothing else.
   *
   * @throws {RangeError} as {@linkcode Dataset.batches} does, or if `epoch` is not an integer from 0 such that `epoch *
   * repeat` stays below 2^31.
   */
  epoch(epoch: number, batchSize: number): Generator<Int32Array> {
    // Checked here, not in the generator, so that a wrong argument is reported by the call and not by the first step.
    this.batches(batchSize);
    integer("epoch", epoch, 0, Math.floor(2 ** 31 / this.repeat) - 1);
    return this.sampling === "poisson" ? this.#poissonSamples(epoch, batchSize) : this.#passes(epoch, batchSize);
  }

  *#poissonSamples(epoch: number, batchSize: number): Generator<Int32Array> {
    // By the epoch alone: data sets of other `repeat` that take turns in a training must not draw the same.
    const random = new Random(this.seed, SHUFFLE_STREAM + epoch);
    // Rounded down: no sample takes part more often than the accountant is told.
    const limit = Math.floor(Math.min(1, batchSize / this.samples) * 2 ** 32);
    for (let left = this.batches(batchSize); left > 0; left--) {
      const batch: number[] = [];
      for (let sample = 0; sample < this.samples; sample++) if (random.bits() < limit) batch.push(sample);
      yield Int32Array.from(batch);
    }
  }

  *#passes(epoch: number, batchSize: number): Generator<Int32Array> {
    for (let pass = epoch * this.repeat; pass < (epoch + 1) * this.repeat; pass++) {
      const order = new ShuffleBuffer(this.samples, this.shuffleBuffer, new Random(this.seed, SHUFFLE_STREAM + pass));
      for (let left = this.samples; left >= batchSize || (left > 0 && !this.dropRemainder); left -= batchSize) {
        const batch = new Int32Array(Math.min(left, batchSize));
        for (let i = 0; i < batch.length; i++) batch[i] = order.next();
        yield batch;
      }
    }
  }

  /**
   * The same samples, prepared in the same way, each once, in the source's order, none left out: for evaluation.
   *
   * @example
   * ```ts
   * import { Dataset } from "@tacet/tacet";
   * const source = {
   *   name: "three dark pixels", images: new Uint8Array(3), labels: new Uint8Array(3),
   *   count: 3, channels: 1, height: 1, width: 1, classes: 1,
   * };
   * console.log([...new Dataset(source).inOrder().epoch(0, 2)]); // [Int32Array [0, 1], Int32Array [2]]
   * ```
   */
  inOrder(): Dataset {
    const { size, scale, labels, seed, limit } = this;
    const [height, width] = size;
    const resized = height !== this.source.height || width !== this.source.width;
    return new Dataset(this.source, {
      ...(resized ? { size } : {}),
      scale,
      labels,
      seed,
      limit,
      shuffleBuffer: 0,
      dropRemainder: false,
    });
  }
}
