/**
 * By what a stretch of training is known again.
 *
 * @module
 */
import type { ParameterValues } from "../nn/mod.ts";

/**
 * A hash of parameters, 64 bits as hexadecimal digits (FNV-1a over their bits as words, twice). Of noised parameters it
 * tells no more than they do.
 */
export function markOf(parameters: ParameterValues): string {
  let low = 0x811c9dc5, high = 0x9747b28c;
  for (const values of Object.values(parameters)) {
    for (const word of new Uint32Array(values.buffer, values.byteOffset, values.length)) {
      low = Math.imul(low ^ word, 0x01000193);
      high = Math.imul(high ^ (word >>> 7 | word << 25), 0x85ebca6b);
      // Multiplication carries upward only.
      low ^= low >>> 15;
      high ^= high >>> 13;
    }
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
