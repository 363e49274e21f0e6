/**
 * One suppress operation over one layer: which weights fall silent now, and where the others are pulled.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface SuppressKernels {
  /**
   * The exact path of a suppress operation over one layer (step 4 of the specification): mask and deWeight are
   * rewritten, returns the number of weights suppressed. Noise for weight i is uniform(-0.1, 0.1) from word 0 of draw
   * i of stream (seed, stream). `lowerClip` and `addNoise` are 0 or 1.
   */
  suppressExact(
    weight: Pointer,
    mask: Pointer,
    deWeight: Pointer,
    count: number,
    stop: number,
    minNum: number,
    threshold: number,
    rate: number,
    lowerClip: number,
    addNoise: number,
    upperBound: number,
    seed: number,
    stream: number,
  ): number;
  /**
   * The approximate path (step 5): mask = |weight| > threshold, deWeight = weight / rate where masked, else 0;
   * returns the number masked.
   */
  suppressApproximate(
    weight: Pointer,
    mask: Pointer,
    deWeight: Pointer,
    count: number,
    threshold: number,
    rate: number,
  ): number;
  /** How many of `count` weights the mask suppresses. */
  countSuppressed(mask: Pointer, count: number): number;
}
