/**
 * Attacks on trained networks, and what they bring back.
 *
 * @example What the nearest features bring back
 * ```ts
 * import { NeighbourDecoder } from "@tacet/tacet/attack";
 * const images = Float32Array.of(0, 0.5, 1), features = Float32Array.of(3, 5, 9);
 * const decoder = new NeighbourDecoder({ features, images, shape: [1, 1, 1], neighbours: 2 });
 * console.log(await decoder.generate(Float32Array.of(8))); // Float32Array [0.75]
 * ```
 *
 * @module
 */
export { evaluateMembership, exampleLosses, type MembershipEvaluation, membershipScores } from "./membership.ts";
export { type DecoderOptions, LearnedDecoder } from "./decoder.ts";
export {
  type CandidateMatching,
  type CandidateMatchingOptions,
  distinctFeatures,
  matchCandidates,
} from "./candidate_matching.ts";
export { alignImages } from "./align.ts";
export { type RevealedInputs, revealedInputs, type RevealedInputsOptions, revealedLabels } from "./dense_leakage.ts";
export { type Decoys, evaluateInversion, type EvaluationOptions, type InversionEvaluation } from "./evaluation.ts";
export { GradientLeakageAttack } from "./gradient_leakage.ts";
export type { GradientLeakageAttackOptions, GradientLeakageOptions } from "./gradient_leakage_options.ts";
export type { GradientDistance } from "./gradient_matching.ts";
export { ImageInversionAttack } from "./inversion.ts";
export type { GenerateOptions, ImageInversionAttackOptions, LossWeights } from "./inversion_options.ts";
export { NeighbourDecoder, type NeighbourDecoderOptions } from "./neighbours.ts";
export type { ReconstructionAttack } from "./reconstruction.ts";
