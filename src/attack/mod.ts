/**
 * Attacks on trained networks, and what they bring back.
 *
 * @module
 */
export {
  evaluateMembership,
  exampleLosses,
  type MembershipEvaluation,
  membershipScores,
  type TrainedNetwork,
} from "./membership.ts";
export { type DecoderOptions, LearnedDecoder } from "./decoder.ts";
export type { Decoys, EvaluationOptions, InversionEvaluation, Judge } from "./evaluation.ts";
export {
  type GenerateOptions,
  ImageInversionAttack,
  type ImageInversionAttackOptions,
  type LossWeights,
} from "./inversion.ts";
