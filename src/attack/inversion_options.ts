/**
 * What {@link ImageInversionAttack} is told.
 *
 * @module
 */
import type { Engine } from "../engine/engine.ts";
import type { Network, ParameterValues } from "../nn/mod.ts";

/**
 * Factors of the feature loss, of the differences between neighbouring pixels, and of the mean square of the pixels.
 */
export type LossWeights = readonly [feature: number, smoothness: number, square: number];

/** Options of {@link ImageInversionAttack}. */
export interface ImageInversionAttackOptions {
  /** What carries the arithmetic out; see `openEngine`. */
  readonly engine: Engine;
  /** The part of the network whose output the attacker sees; see {@link sliceNetwork}. */
  readonly network: Network;
  /** The trained values; names that the part does not have are passed over. */
  readonly parameters: ParameterValues;
  /** The range of a pixel; default [0, 1]. */
  readonly inputBound?: readonly [low: number, high: number];
  /** Factors of the losses of the "sign" method; default [1, 0.2, 5]. The tutorial takes [1, 0.1, 5]. */
  readonly lossWeights?: LossWeights;
}

/** Options of {@link ImageInversionAttack.generate}. */
export interface GenerateOptions {
  /** "sign" (the default): MindArmour's steps of 0.01 by the gradient's sign. "adam": the stronger attack. */
  readonly method?: "sign" | "adam";
  /** Steps for each image; default 100 for "sign", 1000 for "adam". */
  readonly iterations?: number;
  /** Factors of the losses of the "adam" method; default [1, 1, 0.1]. */
  readonly adamLossWeights?: LossWeights;
  /**
   * How often each image is begun anew from another first image; of the results the one with the lowest loss before its
   * last step counts. Default 1.
   */
  readonly restarts?: number;
  /** From which the first images are drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
  /** The first images themselves, `[images][channels][height][width]`, instead of draws from uniform(0, 1) * 0.05. */
  readonly starts?: Float32Array;
  /** Told how many steps of all images together are done, over all restarts; the attack waits for its promise. */
  readonly onProgress?: (done: number, total: number) => void | Promise<void>;
  /**
   * Told the losses of the images from `firstImage` on before each of their steps; asking for them costs time on a GPU.
   */
  readonly onLosses?: (losses: Float32Array, iteration: number, firstImage: number) => void;
}
