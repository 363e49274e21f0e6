/** Numbers to compute with. */
import { Random } from "../../mod.ts";

/** As many numbers from `low` to `high`, the same for a seed. */
export function draws(count: number, seed: number, low = 0, high = 1): Float32Array {
  const random = new Random(seed, 9);
  return Float32Array.from({ length: count }, () => random.uniform(low, high));
}
