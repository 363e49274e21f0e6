/**
 * Softmax cross entropy, over integer labels or over target probabilities.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface LossKernels {
  /**
   * Softmax cross entropy over integer labels (int32 `[lanes]`) for logits `[classes][lanes]`: `losses[lane]`, and the
   * gradient of the mean loss over the first `images` lanes in dLogits (not computed if `dLogits` is 0). Both are 0 in
   * the lanes from `images` on.
   */
  softmaxCrossEntropy(
    logits: Pointer,
    labels: Pointer,
    dLogits: Pointer,
    losses: Pointer,
    classes: number,
    images: number,
    lanes: number,
  ): void;
  /**
   * The same over target probabilities (float32 `[classes][lanes]`), one-hot or soft: loss = -sum of target * log
   * softmax, gradient (sum of targets * softmax - target) / images.
   */
  softmaxCrossEntropyOneHot(
    logits: Pointer,
    targets: Pointer,
    dLogits: Pointer,
    losses: Pointer,
    classes: number,
    images: number,
    lanes: number,
  ): void;
  /**
   * Mean squared error of y against targets `[count][lanes]`: losses[lane] = the mean over `count` of (y - target)^2,
   * and in dY the gradient of the mean of the losses over the first `images` lanes. Both are 0 in the lanes from
   * `images` on.
   */
  squaredError(
    y: Pointer,
    targets: Pointer,
    dY: Pointer,
    losses: Pointer,
    count: number,
    images: number,
    lanes: number,
  ): void;
}
