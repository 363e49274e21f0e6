/**
 * Suppression in few words: what follows from the training itself is taken from there.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { Network } from "../nn/mod.ts";
import type { SuppressCtrl } from "./control.ts";
import { SuppressPrivacyFactory } from "./factory.ts";
import type { MaskLayerDes } from "./mask_layer.ts";
import type { MechanismRun } from "./mechanism.ts";
import type { SuppressOperation } from "./operation.ts";
import type { SuppressOptions } from "./settings.ts";
import { resolveUnitLayers, type UnitLayerDes } from "./units.ts";

/**
 * What a `SuppressModel` is to silence, and when. Epochs, batches and rate are those of `train` and of the optimizer;
 * all but `layers` may be left out.
 */
export interface SuppressPlan {
  /** The layers to suppress, by weight or by unit: at least one. There is no default: what hides is a choice. */
  readonly layers: readonly (MaskLayerDes | UnitLayerDes)[];
  /** The epoch with whose first step suppression starts; default 3, or endEpoch where that is less. */
  readonly startEpoch?: number;
  /**
   * The last epoch of suppression. By default that of the training; where units are suppressed it is at 0.7 of the
   * epochs (rounded down, not before startEpoch): what is left learns in peace.
   */
  readonly endEpoch?: number;
  /** Number of suppress operations; by default such that one comes about every 15 steps. */
  readonly maskTimes?: number;
  /**
   * The share suppressed in the end. By default 0.90; where only units are suppressed the share at which each of the
   * layers has come to its minNum.
   */
  readonly sparseEnd?: number;
  /** The share suppressed by the first operation; default 0. */
  readonly sparseStart?: number;
  /** How training is arranged; only "local_train" exists. */
  readonly policy?: "local_train";
  /** From which the noise is drawn; default 1, an unsigned 32-bit integer. */
  readonly seed?: number;
  /** Told of each suppress operation. */
  readonly onOperation?: (operation: SuppressOperation) => void;
}

/** The reference's start, and where units are suppressed the share of the epochs that suppression takes. */
const START_EPOCH = 3, UNITS_END = 0.7;
/** Steps between operations: in the midst of the 10 to 20 that are best for accuracy. */
const INTERVAL = 15;
/** The most epochs that the rules of suppression allow. */
const MOST_EPOCHS = 100;
const ENDS = `: suppression ends within the training, of at most ${MOST_EPOCHS} epochs`;

/** What a plan must leave to the training, and where it is said. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  epochs: "train(epochs, ...)",
  batchNum: "the data and the batchSize of train",
  lr: "the optimizer",
};

/**
 * Looks at what can be judged before the numbers of a run are known.
 *
 * @throws {RangeError | TypeError} that names the field, its value and the rule.
 */
export function checkPlan(network: Network, plan: SuppressPlan): void {
  if (!Array.isArray(plan.layers)) {
    throw new TypeError(`suppress.layers is ${plan.layers}; it must be a list of the layers to suppress`);
  }
  for (const [field, place] of Object.entries(ELSEWHERE)) {
    if (Object.hasOwn(plan, field)) {
      throw new TypeError(`suppress.${field} is given, but it is taken from ${place}: leave it out`);
    }
  }
  const { onOperation } = plan;
  if (onOperation !== undefined && typeof onOperation !== "function") {
    throw new TypeError(`suppress.onOperation is ${JSON.stringify(onOperation)}; it must be a function`);
  }
  // A control of the longest run there may be, to be thrown away.
  controlOf(network, plan, { epochs: MOST_EPOCHS, batches: INTERVAL, batchSize: 1 }, 0.05);
}

const isUnitLayer = (layer: MaskLayerDes | UnitLayerDes): layer is UnitLayerDes => layer.granularity === "unit";

/** The share at which every unit layer has come to its minNum. */
function shareOfUnits(layers: readonly UnitLayerDes[], network: Network): number {
  const shares = resolveUnitLayers(layers, network).map(({ minNum, units }) => 1 - minNum / units);
  const most = Math.max(...shares);
  if (most > 0) return most;
  const names = layers.map(({ layerName }) => layerName).join(" and ");
  throw new RangeError(`minNum leaves all units of ${names}, so that none would fall silent; take a smaller one`);
}

/**
 * The control that a plan means for a run.
 *
 * @param lr the optimizer's
 * @throws {RangeError | TypeError} that names the field, its value and the rule.
 */
export function controlOf(network: Network, plan: SuppressPlan, run: MechanismRun, lr: number): SuppressCtrl {
  const { layers, onOperation: _, ...given } = plan, { batches: batchNum } = run, units = layers.filter(isUnitLayer);
  const epochs = integer("epochs", run.epochs, 1, MOST_EPOCHS, ", of training with suppression");
  if (given.endEpoch !== undefined) integer("endEpoch", given.endEpoch, 1, epochs, ENDS);
  const startEpoch = given.startEpoch ?? Math.min(START_EPOCH, given.endEpoch ?? epochs);
  integer("startEpoch", startEpoch, 1, given.endEpoch ?? epochs, ", the last epoch of suppression");
  const end = units.length > 0 ? Math.max(startEpoch, Math.floor(UNITS_END * epochs)) : epochs;
  const { endEpoch = end } = given;
  const { maskTimes = Math.max(1, Math.round((endEpoch - startEpoch + 1) * batchNum / INTERVAL)) } = given;
  const settings: SuppressOptions = { ...given, epochs, batchNum, lr, startEpoch, endEpoch, maskTimes };
  const derived = given.sparseEnd === undefined && units.length > 0 && units.length === layers.length
    ? { sparseEnd: shareOfUnits(units, network) }
    : {};
  return SuppressPrivacyFactory.create(network, layers, { ...settings, ...derived });
}
