/**
 * Figures: accuracy, distances between images, confidence, sparsity, and their intervals.
 *
 * @example
 * ```ts
 * import { meanInterval, relativeL2 } from "@tacet/tacet/metrics";
 * console.log(relativeL2(Float32Array.of(1, 1), Float32Array.of(1, 0)));
 * console.log(meanInterval([0.98, 0.99, 0.97]).mean); // 0.98
 * ```
 *
 * @module
 */
export { Accuracy, accuracy, NoImagesError } from "./accuracy.ts";
export { softmaxProbability } from "./confidence.ts";
export { type DecoyOptions, sameLabelDecoys } from "./decoys.ts";
export {
  type Identification,
  identification,
  type IdentificationOptions,
  type ShareByChance,
} from "./identification.ts";
export { type Interval, type KnownInterval, meanInterval, wilsonInterval } from "./interval.ts";
export { relativeL2 } from "./l2.ts";
export { maskedFraction, zeroFraction } from "./sparsity.ts";
export { MINDARMOUR_DATA_RANGE, ssim, type SsimOptions } from "./ssim.ts";
