/**
 * Guesses at how a foreign tool has stored a weight, from its shape alone.
 *
 * @module
 */

/**
 * The dimensions of a convolution's kernel as other tools order them, each by its place in `[outputs, inputs, height,
 * width]`.
 */
const KERNELS: Readonly<Record<string, readonly number[]>> = {
  "HWIO, [height, width, inputs, outputs]": [2, 3, 1, 0],
  "OHWI, [outputs, height, width, inputs]": [0, 2, 3, 1],
  "IOHW, [inputs, outputs, height, width]": [1, 0, 2, 3],
  "HWOI, [height, width, outputs, inputs]": [2, 3, 0, 1],
  "IHWO, [inputs, height, width, outputs]": [1, 2, 3, 0],
};

/** Are the two shapes one? */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/**
 * What turns a weight of shape `found` into one of shape `wanted`, as the end of a sentence; "" where nothing but
 * chance could.
 */
export function layoutHint(found: readonly number[], wanted: readonly number[]): string {
  if (wanted.length === 2 && isSameShape(found, [wanted[1]!, wanted[0]!])) {
    return ": it seems to be stored [inputs, outputs], as Keras and Flax do; transpose it";
  }
  const ordered = (order: readonly number[]) => order.map((place) => wanted[place]!);
  const layouts = wanted.length === 4
    ? Object.keys(KERNELS).filter((name) => isSameShape(found, ordered(KERNELS[name]!)))
    : [];
  if (layouts.length > 0) return `: it seems to be stored ${layouts.join(" or ")}; transpose it`;
  const sorted = (shape: readonly number[]) => [...shape].sort((a, b) => a - b);
  if (isSameShape(sorted(found), sorted(wanted))) return ": its dimensions seem to be in another order; transpose it";
  const squeezed = (shape: readonly number[]) => shape.filter((length) => length !== 1);
  return isSameShape(squeezed(found), squeezed(wanted)) ? ": give it the dimensions of length 1" : "";
}
