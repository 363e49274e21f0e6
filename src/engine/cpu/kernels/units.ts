/**
 * Suppression by unit: which units of a layer are silent, and which fall silent next.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface UnitsKernels {
  /**
   * How many of a layer's units are silent: nothing that makes them is kept. `weightMask` is `[units][taps]`,
   * `biasMask` `[units]`; the latter may be 0.
   */
  silentUnits(weightMask: Pointer, biasMask: Pointer, units: number, taps: number): number;
  /**
   * Silences the least important units, of equals the first, until `target` (at most `units`) are silent, and returns
   * how many are; nothing is written if so many are already. Of every silent unit the masks then keep nothing:
   * neither what makes it, weight `[units][taps]` and bias `[units]`, nor what reads it, reader
   * `[rows][units][columns]`. Weights are left as they are.
   *
   * A unit's importance is the Euclidean norm of what makes it (`importance` 1), of what reads it (2) or their
   * product (0), in float64; what is no number is as important as can be. `bias` and `biasMask` may be 0, both;
   * `scratch` has room for 8 bytes a unit.
   */
  suppressUnits(
    weight: Pointer,
    bias: Pointer,
    reader: Pointer,
    weightMask: Pointer,
    biasMask: Pointer,
    readerMask: Pointer,
    scratch: Pointer,
    units: number,
    taps: number,
    rows: number,
    columns: number,
    importance: number,
    target: number,
  ): number;
}
