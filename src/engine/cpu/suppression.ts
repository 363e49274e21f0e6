/**
 * Suppress operations on parameters in a CPU machine's memory.
 *
 * @module
 */
import type { ParameterMemory, PlacedUnits } from "../backend.ts";
import { type ApproximateSuppression, UNIT_IMPORTANCES, type UnitSuppression } from "../suppression.ts";
import { tableSizeFor } from "../table_size.ts";
import type { Machine } from "./machine.ts";
import type { Place } from "./place.ts";

/** Places of the histogram in front of the candidates. */
const HISTOGRAM = 2048;

/** The operations, and the room they need. */
export interface CpuSuppression extends
  Pick<
    ParameterMemory,
    "maxMagnitude" | "suppressExact" | "suppressApproximate" | "countSuppressed" | "suppressUnits"
  > {
  /** Allocates what the operations need, once there is a mask. */
  makeRoom(): void;
}

/**
 * The operations on parameters at these places.
 *
 * @param applyMasks makes what masks suppress 0; else the operations rewrite masks and deWeights, not weights
 */
export function cpuSuppression(machine: Machine, places: readonly Place[], applyMasks: () => void): CpuSuppression {
  const { kernels } = machine;
  /** Room for the selection: a histogram, candidates and a hash table, or the importances of units. */
  let scratch = 0;

  const approximate = (
    { weight, mask, deWeight, count }: Place,
    { rank, first, lr }: ApproximateSuppression,
  ): number | undefined => {
    const distinct = scratch + 4 * HISTOGRAM, table = distinct + 4 * count;
    const candidates = first
      ? count
      : kernels.distinctMagnitudes(weight, mask, count, distinct, table, tableSizeFor(count));
    const wanted = Math.min(rank, candidates - 1);
    if (wanted <= 0) return undefined;
    const threshold = kernels.kthSmallestMagnitude(first ? weight : distinct, candidates, wanted, scratch);
    if (threshold <= 0 && !first) return undefined;
    return kernels.suppressApproximate(weight, mask, deWeight, count, threshold, lr);
  };

  const units = (placed: PlacedUnits, { target, importance }: UnitSuppression): number => {
    const { units, taps, rows, columns } = placed, weight = places[placed.weight]!, reader = places[placed.reader]!;
    const { weight: bias, mask: biasMask } = placed.bias === undefined ? { weight: 0, mask: 0 } : places[placed.bias]!;
    const before = kernels.silentUnits(weight.mask, biasMask, units, taps);
    if (before >= target) return before;
    const silent = kernels.suppressUnits(
      weight.weight,
      bias,
      reader.weight,
      weight.mask,
      biasMask,
      reader.mask,
      scratch,
      units,
      taps,
      rows,
      columns,
      UNIT_IMPORTANCES.indexOf(importance),
      target,
    );
    // The masks keep nothing of what layers behind have of their own for the silent units.
    for (let unit = 0; placed.silencers.length > 0 && unit < units; unit++) {
      if (!kernels.silentUnits(weight.mask + 4 * unit * taps, biasMask && biasMask + 4 * unit, 1, taps)) continue;
      for (const { mask, count } of placed.silencers.map((place) => places[place]!)) {
        const own = count / units, from = mask / 4 + unit * own;
        machine.ints.fill(0, from, from + own);
      }
    }
    applyMasks();
    return silent;
  };

  return {
    makeRoom() {
      if (scratch) return;
      const largest = Math.max(...places.map(({ count }) => count));
      scratch = machine.allocate(4 * (HISTOGRAM + largest + tableSizeFor(largest)));
    },
    maxMagnitude(place) {
      const { weight, count } = places[place]!;
      return Promise.resolve(kernels.maxMagnitude(weight, count));
    },
    suppressExact(place, { stop, minNum, lr, isLowerClip, isAddNoise, upperBound, seed, stream }) {
      const { weight, mask, deWeight, count } = places[place]!;
      const threshold = kernels.kthSmallestMagnitude(weight, count, stop, scratch);
      return Promise.resolve(kernels.suppressExact(
        weight,
        mask,
        deWeight,
        count,
        stop,
        minNum,
        threshold,
        lr,
        Number(isLowerClip),
        Number(isAddNoise),
        upperBound,
        seed,
        stream,
      ));
    },
    suppressApproximate: (place, rule) => Promise.resolve(approximate(places[place]!, rule)),
    countSuppressed(place) {
      const { mask, count } = places[place]!;
      return Promise.resolve(kernels.countSuppressed(mask, count));
    },
    suppressUnits: (placed, rule) => Promise.resolve(units(placed, rule)),
  };
}
