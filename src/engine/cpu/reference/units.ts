/**
 * Suppression by unit: which units of a layer are silent, and which fall silent next.
 *
 * @module
 */
import type { UnitsKernels } from "../kernels/units.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The kernels of units over a memory. Weights are taken as float32, as they are on every other engine. */
export function units(memory: ReferenceMemory): UnitsKernels {
  /** The places of a unit's weights in `[rows][units][columns]`. */
  function places(unit: number, rows: number, units: number, columns: number): number[] {
    return Array.from({ length: rows * columns }, (_, i) => {
      const row = Math.floor(i / columns), column = i % columns;
      return (row * units + unit) * columns + column;
    });
  }

  /** Whether the masks keep nothing of what makes each unit. */
  function silence(weightMask: number, biasMask: number, units: number, taps: number): boolean[] {
    const weights = memory.intsAt(weightMask, units * taps), biases = memory.intsAt(biasMask, units);
    return Array.from(
      { length: units },
      (_, unit) =>
        places(unit, 1, units, taps).every((place) => weights[place] === 0) && (biasMask === 0 || biases[unit] === 0),
    );
  }

  function norm(values: readonly number[]): number {
    return Math.sqrt(values.map(Math.fround).reduce((sum, value) => sum + value * value, 0));
  }

  return {
    silentUnits(weightMask, biasMask, units, taps) {
      return silence(weightMask, biasMask, units, taps).filter((isSilent) => isSilent).length;
    },

    suppressUnits(
      weight,
      bias,
      reader,
      weightMask,
      biasMask,
      readerMask,
      _scratch,
      units,
      taps,
      rows,
      columns,
      importance,
      target,
    ) {
      const silent = silence(weightMask, biasMask, units, taps);
      const living = [...silent.keys()].filter((unit) => !silent[unit]);
      if (units - living.length >= target) return units - living.length;
      const weights = memory.floatsAt(weight, units * taps), readers = memory.floatsAt(reader, rows * units * columns);
      const importances = silent.map((_, unit) => {
        const made = places(unit, 1, units, taps).map((place) => weights[place]!);
        const incoming = norm(bias ? [memory.floatsAt(bias, units)[unit]!, ...made] : made);
        const outgoing = norm(places(unit, rows, units, columns).map((place) => readers[place]!));
        const value = importance === 0 ? incoming * outgoing : importance === 1 ? incoming : outgoing;
        return Number.isNaN(value) ? Infinity : value;
      });
      // Sorting is stable; infinities are alike, though their difference is no number.
      living.sort((a, b) => importances[a] === importances[b] ? 0 : importances[a]! - importances[b]!);
      for (const unit of living.slice(0, target - units + living.length)) silent[unit] = true;
      for (const [unit, isSilent] of silent.entries()) {
        if (!isSilent) continue;
        for (const place of places(unit, 1, units, taps)) memory.intsAt(weightMask, units * taps)[place] = 0;
        if (biasMask) memory.intsAt(biasMask, units)[unit] = 0;
        for (const place of places(unit, rows, units, columns)) {
          memory.intsAt(readerMask, rows * units * columns)[place] = 0;
        }
      }
      return target;
    },
  };
}
