/**
 * The settings of suppress privacy and their rules.
 *
 * @module
 */

import { integer, MOST_SEED } from "../checks/numbers.ts";

/** Settings of suppressed training; all have defaults. */
export interface SuppressOptions {
  /** How training is arranged; only "local_train" exists. */
  readonly policy?: "local_train";
  /** The last epoch of suppression; default 10, at most 100. */
  readonly endEpoch?: number;
  /** The number of epochs trained; default endEpoch, at most 100. Those behind endEpoch train what is left. */
  readonly epochs?: number;
  /** Batches in an epoch; default 20. */
  readonly batchNum?: number;
  /** The epoch with whose first step suppression starts; default 3. */
  readonly startEpoch?: number;
  /** Number of suppress operations; default 1000. Best such that one comes every 10 to 20 steps. */
  readonly maskTimes?: number;
  /** The optimizer's learning rate, constant; default 0.05, at most 0.5. */
  readonly lr?: number;
  /** The share of weights suppressed in the end; default 0.90. */
  readonly sparseEnd?: number;
  /** The share of weights suppressed by the first operation; default 0. */
  readonly sparseStart?: number;
  /** From which the noise is drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
}

/** Complete settings. */
export type SuppressSettings = Required<SuppressOptions>;

function check(holds: boolean, name: string, value: unknown, rule: string): void {
  // JSON has no NaN and no infinity: they would read as null.
  const shown = typeof value === "number" ? value : JSON.stringify(value) ?? value;
  if (!holds) throw new RangeError(`${name} is ${shown}; it must be ${rule}`);
}

/**
 * Fills in the defaults and enforces the rules.
 *
 * @throws {RangeError} that names the setting, its value and the rule.
 */
export function completeSettings(options: SuppressOptions): SuppressSettings {
  const { policy = "local_train", endEpoch = 10, batchNum = 20, startEpoch = 3, maskTimes = 1000 } = options;
  const { lr = 0.05, sparseEnd = 0.90, sparseStart = 0, seed = 1 } = options;
  check(policy === "local_train", "policy", policy, '"local_train"');
  integer("startEpoch", startEpoch);
  integer("endEpoch", endEpoch, 1, 100);
  const { epochs = endEpoch } = options;
  integer("epochs", epochs, endEpoch, 100, `; endEpoch is ${endEpoch}`);
  check(startEpoch <= endEpoch, "startEpoch", startEpoch, `at most endEpoch, which is ${endEpoch}`);
  integer("batchNum", batchNum, 1, Infinity, ": the batches in an epoch");
  integer("maskTimes", maskTimes, 1, Infinity, ": the number of suppress operations");
  check(lr > 0 && lr <= 0.5, "lr", lr, "above 0 and at most 0.5");
  check(sparseStart >= 0 && sparseStart < 1, "sparseStart", sparseStart, "at least 0 and below 1");
  check(
    sparseEnd > sparseStart && sparseEnd < 1,
    "sparseEnd",
    sparseEnd,
    `above sparseStart, which is ${sparseStart}, and below 1`,
  );
  integer("seed", seed, 0, MOST_SEED);
  return { policy, endEpoch, epochs, batchNum, startEpoch, maskTimes, lr, sparseEnd, sparseStart, seed };
}
