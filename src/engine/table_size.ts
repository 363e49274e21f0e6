/**
 * The size of the hash table in which distinct magnitudes are found.
 *
 * @module
 */

/** A power of two of at least twice the count: a sparse table. */
export function tableSizeFor(count: number): number {
  let size = 16;
  while (size < 2 * count) size *= 2;
  return size;
}
