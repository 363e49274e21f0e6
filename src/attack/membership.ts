/**
 * Membership inference: was an example among those a network was trained on?
 *
 * Source: Yeom, Giacomelli, Fredrikson and Jha, "Privacy Risk in Machine Learning", 2018 (the loss as a threshold);
 * Watson, Guo, Cormode and Sablayrolles, "On the Importance of Difficulty Calibration in Membership Inference Attacks",
 * 2022 (the loss beside that of shadow models).
 *
 * @module
 */
import { finite } from "../checks/numbers.ts";
import type { BatchSource, Engine } from "../engine/engine.ts";
import { type KnownInterval, wilsonInterval, Z } from "../metrics/interval.ts";
import type { TrainedNetwork } from "../nn/mod.ts";
import { checkParameters } from "./checks.ts";

/** Images in a batch. */
const TOGETHER = 256;

/** How well members are told from others. */
export interface MembershipEvaluation {
  /** Number of members. */
  readonly members: number;
  /** Number of others. */
  readonly others: number;
  /**
   * Probability that a member scores higher than another example, ties by half; 0.5 for a blind guess. With a 95 %
   * interval (Hanley and McNeil 1982).
   */
  readonly auc: KnownInterval;
  /**
   * Share of the members found where at most 1 % of the others are taken for members, with Wilson's interval; 0.01 for
   * a blind guess.
   */
  readonly truePositives: KnownInterval;
}

/**
 * The softmax cross entropy of a network on each of the given images.
 *
 * @throws {RangeError} (as a rejection) if an index is outside the data, the data or the parameters do not fit the
 * network, or a parameter or a loss is not finite.
 * @example
 * ```ts
 * import { Dataset, drawnDigits, exampleLosses, lenet5, Model, openEngine, sgd } from "@tacet/tacet";
 * const engine = await openEngine(), digits = new Dataset(drawnDigits(64), { size: [32, 32] });
 * const model = new Model({ engine, network: lenet5(), optimizer: sgd({ lr: 0.05 }) });
 * const losses = await exampleLosses(engine, { network: model.network, parameters: await model.parameters() }, digits, [0, 1, 2]);
 * console.log(losses.length); // 3
 * ```
 */
export async function exampleLosses(
  engine: Engine,
  { network, parameters }: TrainedNetwork,
  data: BatchSource,
  indices: ArrayLike<number>,
): Promise<Float32Array> {
  const losses = new Float32Array(indices.length);
  if (indices.length === 0) return losses;
  checkParameters(network, parameters);
  const program = engine.program(network, { batchSize: Math.min(indices.length, TOGETHER) });
  program.parameters.setValues(parameters);
  for (let first = 0; first < indices.length; first += program.batchSize) {
    program.load(data, Array.from(indices).slice(first, first + program.batchSize));
    losses.set(await program.losses(), first);
  }
  finite("losses", losses);
  return losses;
}

/**
 * Scores of membership from losses: the lower an example's loss, the likelier it is a member. Beside shadow models,
 * trained likewise on other data, how much lower it is than theirs: that an example is easy for all says nothing.
 *
 * @param losses of the network attacked
 * @param shadows losses of each shadow model on the same examples; default none
 * @throws {RangeError} if a shadow model has not as many losses, or a loss is not finite.
 * @example
 * ```ts
 * import { membershipScores } from "@tacet/tacet";
 * console.log(membershipScores([1, 2], [[4, 2], [2, 2]])); // [2, 0]
 * ```
 */
export function membershipScores(
  losses: ArrayLike<number>,
  shadows: readonly ArrayLike<number>[] = [],
): Float64Array {
  finite("losses", losses);
  shadows.forEach((shadow, model) => {
    if (shadow.length !== losses.length) {
      throw new RangeError(`shadows[${model}] has ${shadow.length} losses; there are ${losses.length} examples`);
    }
    finite(`shadows[${model}]`, shadow);
  });
  return Float64Array.from({ length: losses.length }, (_, i) => {
    const others = shadows.reduce((sum, shadow) => sum + shadow[i]!, 0);
    return (shadows.length === 0 ? 0 : others / shadows.length) - losses[i]!;
  });
}

/** Members below and at a score, for each of the sorted others: two pointers over sorted scores. */
function area(members: Float64Array, others: Float64Array): number {
  let below = 0, equal = 0, total = 0, at = 0, upTo = 0;
  for (const score of others) {
    while (at < members.length && members[at]! < score) at++;
    upTo = Math.max(upTo, at);
    while (upTo < members.length && members[upTo]! === score) upTo++;
    [below, equal] = [at, upTo - at];
    total += members.length - below - equal / 2;
  }
  return total / members.length / others.length;
}

/** The interval around an area under the curve, within [0, 1]. */
function areaInterval(auc: number, members: number, others: number): KnownInterval {
  const q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  const variance = (auc * (1 - auc) + (members - 1) * (q1 - auc * auc) + (others - 1) * (q2 - auc * auc)) / members /
    others;
  const half = Z * Math.sqrt(Math.max(0, variance));
  return { mean: auc, low: Math.max(0, auc - half), high: Math.min(1, auc + half) };
}

function checked(name: string, scores: ArrayLike<number>): Float64Array {
  if (scores.length === 0) throw new RangeError(`${name} is empty; there must be at least one score`);
  finite(name, scores);
  return Float64Array.from(scores).sort();
}

/**
 * How well scores tell members from others.
 *
 * @param memberScores of examples that were trained on
 * @param otherScores of examples like them that were not
 * @throws {RangeError} if either is empty or holds NaN or an infinity.
 * @example
 * ```ts
 * import { evaluateMembership } from "@tacet/tacet";
 * console.log(evaluateMembership([3, 2, 1], [0, 2]).auc.mean); // 0.75
 * ```
 */
export function evaluateMembership(
  memberScores: ArrayLike<number>,
  otherScores: ArrayLike<number>,
): MembershipEvaluation {
  const members = checked("memberScores", memberScores), others = checked("otherScores", otherScores);
  // At most 1 % of the others may lie above the threshold.
  const threshold = others[others.length - 1 - Math.floor(others.length / 100)]!;
  const found = members.reduce((sum, score) => sum + Number(score > threshold), 0);
  return {
    members: members.length,
    others: others.length,
    auc: areaInterval(area(members, others), members.length, others.length),
    truePositives: wilsonInterval(found, members.length),
  };
}
