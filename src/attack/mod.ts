/**
 * Attacks on trained networks, and what they bring back.
 *
 * @module
 */
export { evaluateMembership, exampleLosses, type MembershipEvaluation, membershipScores } from "./membership.ts";
export { type DecoderOptions, LearnedDecoder } from "./decoder.ts";
export { alignImages } from "./align.ts";
export { type RevealedInputs, revealedInputs, type RevealedInputsOptions, revealedLabels } from "./dense_leakage.ts";
export { type Decoys, evaluateInversion, type EvaluationOptions, type InversionEvaluation } from "./evaluation.ts";
export {
  GradientLeakageAttack,
  type GradientLeakageAttackOptions,
  type GradientLeakageOptions,
} from "./gradient_leakage.ts";
export type { GradientDistance } from "./gradient_matching.ts";
export {
  type GenerateOptions,
  ImageInversionAttack,
  type ImageInversionAttackOptions,
  type LossWeights,
} from "./inversion.ts";
export { NeighbourDecoder, type NeighbourDecoderOptions } from "./neighbours.ts";
export type { ReconstructionAttack } from "./reconstruction.ts";
