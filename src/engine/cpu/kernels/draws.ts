/**
 * Tensors of random numbers: uniform, and normal by Box and Muller with draws beyond a limit drawn again.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface DrawsKernels {
  /**
   * `count` draws from the uniform distribution over [low, high), rounded to float32: draw i is word 0 of Threefry
   * (seed, stream)(i, 0), over 2^32.
   */
  fillUniform(out: Pointer, count: number, seed: number, stream: number, low: number, high: number): void;
  /**
   * `count` draws from normal(0, deviation), by Box and Muller from both words u, v of Threefry (seed, stream)(i,
   * attempt): sqrt(-2 log((u + 1) / 2^32)) * cos(2 pi v / 2^32). Attempt 0; where the draw lies beyond `limit`
   * deviations (0: no limit), attempts 1, 2, ... .
   */
  fillNormal(out: Pointer, count: number, seed: number, stream: number, deviation: number, limit: number): void;
}
