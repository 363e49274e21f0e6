/**
 * The image inversion attack: its losses, and the two ways of moving the pixels.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface InversionKernels {
  /**
   * How far each lane's features `[count][lanes]` are from its targets: losses[lane] = factor * MSE(features, targets)
   * / MSE(targets, 0), and its gradient in dFeatures. A lane whose targets are all 0 is not divided. Only the first
   * `images` lanes; 0 in the others.
   */
  featureLoss(
    features: Pointer,
    targets: Pointer,
    dFeatures: Pointer,
    losses: Pointer,
    count: number,
    images: number,
    lanes: number,
    factor: number,
  ): void;
  /**
   * Adds to losses[lane] and, by gradient, to dx: vertical * (sum of squared differences of vertical neighbours) +
   * horizontal * (of horizontal neighbours) + square * (sum of squares), over the images x
   * `[channels][height][width][lanes]`.
   */
  imagePriors(
    x: Pointer,
    dx: Pointer,
    losses: Pointer,
    channels: number,
    height: number,
    width: number,
    lanes: number,
    vertical: number,
    horizontal: number,
    square: number,
  ): void;
  /** x = clip(x - rate * sign(dx), low, high); sign(0) = 0. `count` is a multiple of 4. */
  signStep(x: Pointer, dx: Pointer, count: number, rate: number, low: number, high: number): void;
}
