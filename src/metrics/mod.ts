/**
 * Figures: accuracy, distances between images, confidence, sparsity, and their intervals.
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
