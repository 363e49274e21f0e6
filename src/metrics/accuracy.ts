/**
 * The share of images a network reads rightly, gathered batch by batch.
 *
 * @module
 */

import { finiteRows, integer, integers } from "../checks/numbers.ts";

/**
 * The value of a metric was asked for before it had seen an image.
 *
 * @example
 * ```ts
 * import { Accuracy, NoImagesError } from "@tacet/tacet";
 * try {
 *   new Accuracy().value();
 * } catch (error) {
 *   if (!(error instanceof NoImagesError)) throw error;
 *   console.log(error.message);
 * }
 * ```
 */
export class NoImagesError extends Error {
  /** Always "NoImagesError". */
  override readonly name = "NoImagesError";
}

/**
 * Classification accuracy, gathered over any number of batches: `clear()`, `update(...)` for each batch, then
 * `value()`. The class read is the one with the largest logit, the lowest of those if several tie. Logits that are NaN
 * or infinite are refused: they say nothing of a class.
 *
 * @example
 * ```ts
 * import { Accuracy } from "@tacet/tacet";
 * const metric = new Accuracy();
 * metric.update(Float32Array.of(0.1, 0.9, 0.8, 0.2), [1, 1], 2); // two images: read as 1 and 0
 * console.log(metric.value()); // 0.5
 * ```
 */
export class Accuracy {
  #right = 0;
  #images = 0;

  /** Forgets all images seen. */
  clear(): void {
    this.#right = 0;
    this.#images = 0;
  }

  /**
   * Counts a batch: `logits` `[images][classes]`, `labels` `[images]`, each from 0 to `classes` - 1. Counts all of it
   * or, if it throws, nothing.
   *
   * @throws {RangeError} if `classes` is not a positive integer, the lengths do not fit, a label is not a class, or a
   * logit is not finite.
   */
  update(logits: Float32Array, labels: ArrayLike<number>, classes: number): void {
    integer("classes", classes);
    const images = labels.length;
    if (logits.length !== images * classes) {
      throw new RangeError(
        `logits has ${logits.length} values; ${images} labels times ${classes} classes need ${images * classes}`,
      );
    }
    finiteRows("logits", logits, classes, "image", "class");
    integers("labels", labels, 0, classes - 1);
    for (let image = 0; image < images; image++) {
      if (readsAs(logits, image * classes, classes) === labels[image]) this.#right++;
    }
    this.#images += images;
  }

  /** Images read rightly so far. */
  get right(): number {
    return this.#right;
  }

  /** Images seen so far. */
  get images(): number {
    return this.#images;
  }

  /**
   * The share of images read rightly, from 0 to 1.
   *
   * @throws {NoImagesError} if no image has been seen since the start or the last `clear()`.
   */
  value(): number {
    if (this.#images === 0) {
      throw new NoImagesError("accuracy has seen no image yet; call update(logits, labels, classes) before value()");
    }
    return this.#right / this.#images;
  }
}

/** The class with the largest of `classes` logits from `base` on, the lowest at a tie. */
function readsAs(logits: Float32Array, base: number, classes: number): number {
  let best = 0;
  for (let i = 0; i < classes; i++) {
    if (logits[base + i]! > logits[base + best]!) best = i;
  }
  return best;
}

/**
 * A new {@linkcode Accuracy}, for `metrics: { accuracy: accuracy() }`.
 *
 * @example
 * ```ts
 * import { accuracy } from "@tacet/tacet";
 * const metric = accuracy();
 * metric.update(Float32Array.of(0.1, 0.9), [1], 2);
 * console.log(metric.value()); // 1
 * ```
 */
export function accuracy(): Accuracy {
  return new Accuracy();
}
