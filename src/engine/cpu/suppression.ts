/**
 * Suppress operations on parameters in a CPU machine's memory.
 *
 * @module
 */
import type { PlacedUnits } from "../backend.ts";
import {
  type ApproximateSuppression,
  type ExactSuppression,
  UNIT_IMPORTANCES,
  type UnitSuppression,
} from "../suppression.ts";
import { tableSizeFor } from "../table_size.ts";
import type { Machine } from "./machine.ts";
import type { Place } from "./place.ts";

/** Places of the histogram in front of the candidates. */
const HISTOGRAM = 2048;

/** The operations, and the room they need; they rewrite masks and deWeights, not weights. */
export class CpuSuppression {
  readonly #machine: Machine;
  readonly #places: readonly Place[];
  /** Room for the selection: a histogram, candidates and a hash table, or the importances of units. */
  #scratch = 0;

  /** The operations on parameters at these places. */
  constructor(machine: Machine, places: readonly Place[]) {
    this.#machine = machine;
    this.#places = places;
  }

  /** Allocates what the operations need, once there is a mask. */
  makeRoom(): void {
    if (this.#scratch) return;
    const largest = Math.max(...this.#places.map(({ count }) => count));
    this.#scratch = this.#machine.allocate(4 * (HISTOGRAM + largest + tableSizeFor(largest)));
  }

  /** See `ParameterStore.maxMagnitude`. */
  maxMagnitude({ weight, count }: Place): number {
    return this.#machine.kernels.maxMagnitude(weight, count);
  }

  /** See `ParameterStore.suppressExact`. */
  exact({ weight, mask, deWeight, count }: Place, rule: ExactSuppression): number {
    const { kernels } = this.#machine;
    const { stop, minNum, lr, isLowerClip, isAddNoise, upperBound, seed, stream } = rule;
    const threshold = kernels.kthSmallestMagnitude(weight, count, stop, this.#scratch);
    return kernels.suppressExact(
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
    );
  }

  /** See `ParameterStore.suppressApproximate`. */
  approximate({ weight, mask, deWeight, count }: Place, rule: ApproximateSuppression): number | undefined {
    const { kernels } = this.#machine, { rank, first, lr } = rule;
    const distinct = this.#scratch + 4 * HISTOGRAM, table = distinct + 4 * count;
    const candidates = first
      ? count
      : kernels.distinctMagnitudes(weight, mask, count, distinct, table, tableSizeFor(count));
    const wanted = Math.min(rank, candidates - 1);
    if (wanted <= 0) return undefined;
    const threshold = kernels.kthSmallestMagnitude(first ? weight : distinct, candidates, wanted, this.#scratch);
    if (threshold <= 0 && !first) return undefined;
    return kernels.suppressApproximate(weight, mask, deWeight, count, threshold, lr);
  }

  #of({ weight, bias, reader }: PlacedUnits): { weight: Place; reader: Place; bias: number; biasMask: number } {
    const [made, read] = [this.#places[weight]!, this.#places[reader]!];
    const biases = bias === undefined ? undefined : this.#places[bias]!;
    return { weight: made, reader: read, bias: biases?.weight ?? 0, biasMask: biases?.mask ?? 0 };
  }

  /** How many units have nothing left of what makes them. */
  silentUnits(placed: PlacedUnits): number {
    const { weight, biasMask } = this.#of(placed);
    return this.#machine.kernels.silentUnits(weight.mask, biasMask, placed.units, placed.taps);
  }

  /** See `ParameterStore.suppressUnits`; the masks are yet to be applied. */
  units(placed: PlacedUnits, { target, importance }: UnitSuppression): number {
    const { units, taps, rows, columns } = placed, { weight, bias, biasMask, reader } = this.#of(placed);
    const silent = this.#machine.kernels.suppressUnits(
      weight.weight,
      bias,
      reader.weight,
      weight.mask,
      biasMask,
      reader.mask,
      this.#scratch,
      units,
      taps,
      rows,
      columns,
      UNIT_IMPORTANCES.indexOf(importance),
      target,
    );
    this.#silenceOwn(placed);
    return silent;
  }

  /** Has the masks keep nothing of what layers behind have of their own for the silent units. */
  #silenceOwn(placed: PlacedUnits): void {
    const { units, taps, silencers } = placed, { kernels, ints } = this.#machine;
    if (silencers.length === 0) return;
    const { weight, biasMask } = this.#of(placed);
    for (let unit = 0; unit < units; unit++) {
      if (!kernels.silentUnits(weight.mask + 4 * unit * taps, biasMask && biasMask + 4 * unit, 1, taps)) continue;
      for (const { mask, count } of silencers.map((place) => this.#places[place]!)) {
        const own = count / units, from = mask / 4 + unit * own;
        ints.fill(0, from, from + own);
      }
    }
  }
}
