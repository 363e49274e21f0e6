/**
 * What a trained network gives away: of the images whose features an attacker sees, and of who was trained on.
 *
 * @module
 */
import {
  type Dataset,
  type Engine,
  evaluateMembership,
  exampleLosses,
  ImageInversionAttack,
  type KnownInterval,
  LearnedDecoder,
  type LossWeights,
  membershipScores,
  NeighbourDecoder,
  type ShareByChance,
  sliceNetwork,
  type TrainedNetwork,
} from "../../mod.ts";
import { type AttackReport, attackReport } from "../sup_privacy/report.ts";
import type { Targets } from "../sup_privacy/targets.ts";

/** The tutorial's factors of the losses. */
const SIGN_WEIGHTS: LossWeights = [1, 0.1, 5];
/** Factors of the losses of the Adam attack, by the strength of what it takes for granted of images. */
const PRIORS: Readonly<Record<string, LossWeights>> = {
  weak: [1, 0.1, 0.01],
  middle: [1, 1, 0.1],
  strong: [1, 10, 1],
};

/** How much an attacker can tell of who was trained on. */
export interface Membership {
  readonly members: number;
  readonly others: number;
  /** Area under the curve by the loss alone, and beside that of other networks. */
  readonly loss: { readonly auc: KnownInterval; readonly truePositives: KnownInterval };
  readonly calibrated: { readonly auc: KnownInterval; readonly truePositives: KnownInterval };
}

/** Where members and others are to be found, and other networks that saw neither. */
export interface MembershipTargets {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly members: readonly number[];
  readonly others: readonly number[];
  readonly shadows: readonly TrainedNetwork[];
}

/** The learned decoder's reconstructions of the images attacked. */
export async function decode(
  engine: Engine,
  attack: ImageInversionAttack,
  { originals, examples }: Targets,
  seed: number,
): Promise<Float32Array> {
  const features = await attack.features(examples), shape = attack.network.inputShape;
  const decoder = await LearnedDecoder.train({ engine, features, images: examples, shape, epochs: 6, seed });
  return decoder.generate(await attack.features(originals));
}

/** The reconstructions by the nearest of the attacker's own images. */
export async function byNeighbours(
  attack: ImageInversionAttack,
  { originals, examples }: Targets,
): Promise<Float32Array> {
  const features = await attack.features(examples), shape = attack.network.inputShape;
  const decoder = new NeighbourDecoder({ features, images: examples, shape });
  return decoder.generate(await attack.features(originals));
}

/** What an attack brought back: the figures of the main example, and more of the identification. */
export interface CellAttack extends AttackReport {
  /**
   * Share of the images that are among the five that their reconstruction resembles most; null where a digit has too
   * few images.
   */
  readonly topFive: ShareByChance | null;
  /** Median of the images' ranks; null likewise. */
  readonly medianRank: number | null;
}

/** All inversion attacks on the output of a layer, each on the same images. */
export async function invert(
  engine: Engine,
  victim: TrainedNetwork,
  targets: Targets,
  seed: number,
  { restarts, layer }: { readonly restarts: number; readonly layer: string },
): Promise<Record<string, CellAttack>> {
  const network = sliceNetwork(victim.network, layer), { parameters } = victim;
  const attack = new ImageInversionAttack({ engine, network, parameters, lossWeights: SIGN_WEIGHTS });
  const { originals, labels, judge, decoys } = targets;
  const features = await attack.features(originals);
  const evaluate = async (inverted: Float32Array): Promise<CellAttack> => {
    const options = { labels, judge, ...(decoys && { decoys }) };
    const evaluation = await attack.evaluate(originals, inverted, options), { identification } = evaluation;
    return {
      ...attackReport(evaluation),
      topFive: identification?.topFive ?? null,
      medianRank: identification?.medianRank ?? null,
    };
  };
  const reports: Record<string, CellAttack> = {};
  reports["sign"] = await evaluate(await attack.generate(features, { method: "sign", seed }));
  for (const [prior, adamLossWeights] of Object.entries(PRIORS)) {
    const options = { method: "adam", adamLossWeights, restarts, seed } as const;
    reports[`adam-${prior}`] = await evaluate(await attack.generate(features, options));
  }
  reports["neighbours"] = await evaluate(await byNeighbours(attack, targets));
  reports["decoder"] = await evaluate(await decode(engine, attack, targets, seed));
  return reports;
}

/** Membership inference by losses. */
export async function inferMembership(
  engine: Engine,
  victim: TrainedNetwork,
  { train, test, members, others, shadows }: MembershipTargets,
): Promise<Membership> {
  const losses = async (network: TrainedNetwork) =>
    [await exampleLosses(engine, network, train, members), await exampleLosses(engine, network, test, others)] as const;
  const [ofMembers, ofOthers] = await losses(victim), shadowLosses = await Promise.all(shadows.map(losses));
  const evaluate = (memberShadows: Float32Array[], otherShadows: Float32Array[]) => {
    const scores = [membershipScores(ofMembers, memberShadows), membershipScores(ofOthers, otherShadows)] as const;
    const { auc, truePositives } = evaluateMembership(...scores);
    return { auc, truePositives };
  };
  return {
    members: members.length,
    others: others.length,
    loss: evaluate([], []),
    calibrated: evaluate(shadowLosses.map(([members]) => members), shadowLosses.map(([, others]) => others)),
  };
}
