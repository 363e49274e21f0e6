/**
 * What a model's training has spent in privacy, by its record.
 *
 * @module
 */
import type { PrivateStretch, TrainingStretch } from "../checkpoint/record.ts";
import { leastEpsilon } from "../privacy/epsilon.ts";
import type { AccountingOptions, composedEpsilonOf } from "../privacy/mod.ts";

/** What a model has spent so far. */
export interface PrivacySpent {
  /**
   * The model is (epsilon, delta)-differentially private, neighbours differing by one example added or removed;
   * Infinity if nothing can be promised, 0 if it has seen no data.
   */
  readonly epsilon: number;
  /** The probability with which that may not hold. */
  readonly delta: number;
  /** Private steps taken, over all calls of `train` and all restores. */
  readonly steps: number;
  /** The order of Rényi divergence that gave epsilon; absent if it is Infinity. */
  readonly order?: number;
  /**
   * True if that is the least or greatest of the orders: others beyond it might give less; absent if epsilon is
   * Infinity.
   */
  readonly atEdge?: boolean;
  /** Why epsilon is Infinity, in words; absent if it is not. */
  readonly why?: string;
}

/** Noise below this is none to the accountant, and above that no more. */
const LEAST_NOISE = 2 ** -20, MOST_NOISE = 2 ** 20;

/** What no noise protects; undefined if there is nothing. */
function unprotected(stretches: readonly TrainingStretch[]): string | undefined {
  const secret = stretches.filter((stretch) => stretch.kind !== "private" && !stretch.publicData);
  const open = secret.filter(({ kind }) => kind === "ordinary").reduce((sum, { steps }) => sum + steps, 0);
  const bare = stretches.filter((one) => one.kind === "private" && one.noiseMultiplier < LEAST_NOISE);
  const reasons = [
    open > 0 && `${open} steps were taken without differential privacy, on data that nobody has vouched for as public`,
    secret.some(({ kind }) => kind === "unknown") && "parameters came from elsewhere, of which nothing is known: " +
      "`publicData: true` vouches for them where they are given to a model",
    bare.length > 0 && `${bare.reduce((sum, { steps }) => sum + steps, 0)} private steps were taken without noise`,
  ].filter((reason) => reason !== false);
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}

let accountant: typeof composedEpsilonOf | undefined;

/** Has what adds private steps up at hand: wanted before a model has the first of them. */
export async function loadAccountant(): Promise<void> {
  accountant = (await import("../privacy/rdp_accountant.ts")).composedEpsilonOf;
}

/** The epsilon of all stretches together. */
export function privacySpent(stretches: readonly TrainingStretch[], options: AccountingOptions): PrivacySpent {
  const isPrivate = (stretch: TrainingStretch): stretch is PrivateStretch => stretch.kind === "private";
  const own = stretches.filter(isPrivate), steps = own.reduce((sum, stretch) => sum + stretch.steps, 0);
  const why = unprotected(stretches), { delta } = options;
  const noised = own.filter(({ noiseMultiplier }) => noiseMultiplier >= LEAST_NOISE).map((stretch) => ({
    ...stretch,
    noiseMultiplier: Math.min(stretch.noiseMultiplier, MOST_NOISE),
  }));
  // Computed in any case, so that wrong options are refused in any case.
  const accounting = accountant?.(noised, options) ?? leastEpsilon(options);
  return why === undefined ? { ...accounting, delta, steps } : { epsilon: Infinity, delta, steps, why };
}
