/**
 * What leaves a device, and what can be said of it against every attack: codes, how they are counted, merged and
 * certified.
 *
 * @example
 * ```ts
 * import { certifyCodes } from "@tacet/tacet/release";
 * const labels = new Array(200).fill(0), codes = labels.map((_, image) => image % 4);
 * console.log(certifyCodes(codes, labels, { candidates: 100 }).value.toFixed(2)); // 0.04: four codes, all about as common
 * ```
 *
 * @module
 */
export { CodeEncoder, type CodeEncoderOptions } from "./encoder.ts";
export type { BestReconstruction } from "./best_reconstruction.ts";
export { type CertificateOptions, certifyCodes, type CodeCertificate, type LabelCertificate } from "./certificate.ts";
export { type CodeTable, type MergeOptions, mergeRareCodes } from "./merge.ts";
export { CodeSender, type CodeSenderOptions } from "./sender.ts";
export { explainCertificate } from "./report.ts";
export {
  type RandomizedResponse,
  randomizedResponse,
  type RandomizedResponseOptions,
  type ResponseGroup,
} from "./response.ts";
