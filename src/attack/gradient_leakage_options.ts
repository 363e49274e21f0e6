/**
 * What {@link GradientLeakageAttack} is told.
 *
 * @module
 */
import type { Engine } from "../engine/engine.ts";
import type { Network, ParameterValues } from "../nn/mod.ts";
import type { GradientDistance } from "./gradient_matching.ts";

/** Options of {@link GradientLeakageAttack}. */
export interface GradientLeakageAttackOptions {
  /** What carries the arithmetic out; see `openEngine`. */
  readonly engine: Engine;
  /** The whole network as it is trained: a classifier under softmax cross entropy. */
  readonly network: Network;
  /** The values at which the gradients were taken. */
  readonly parameters: ParameterValues;
  /**
   * Masks of a suppressed network as `model.masks()` gives them: gradients of suppressed weights are not sent, and not
   * matched. Default none.
   */
  readonly masks?: Readonly<Record<string, Uint8Array>>;
  /** The range of a pixel; default [0, 1]. */
  readonly inputBound?: readonly [low: number, high: number];
}

/** Options of {@link GradientLeakageAttack.generate}. */
export interface GradientLeakageOptions {
  /**
   * The label of each image of the step; by default they are recovered by {@link revealedLabels}, in ascending order.
   */
  readonly labels?: ArrayLike<number>;
  /** Images of the step; default as many as there are labels, or 1. */
  readonly images?: number;
  /** What is made small; default "cosine". */
  readonly distance?: GradientDistance;
  /**
   * Factor of the total variation beside the distance: an image's mean difference of neighbours, vertical and
   * horizontal; default 0.003.
   */
  readonly totalVariation?: number;
  /** Whether Adam sees only the signs of the derivative; default true. */
  readonly signed?: boolean;
  /** Steps in each restart; default 1000. */
  readonly iterations?: number;
  /**
   * Adam's rate: about by how much of the input bound a pixel moves at first; a tenth after 3/8, 5/8 and 7/8 of the
   * steps each. Default 0.1.
   */
  readonly lr?: number;
  /** How often it is begun anew; the images of the lowest distance count. Default 1. */
  readonly restarts?: number;
  /** From which the first images are drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
  /**
   * The first images themselves, `[images][channels][height][width]`, instead of draws from uniform over the input
   * bound.
   */
  readonly starts?: Float32Array;
  /** Told how many steps are done, over all restarts; the attack waits for its promise. */
  readonly onProgress?: (done: number, total: number) => void | Promise<void>;
  /** Told the distance before each step. */
  readonly onDistance?: (distance: number, iteration: number, restart: number) => void;
}
