/**
 * A decoder without training: an image is reconstructed as the mean of those examples whose features are the nearest. Where four units
 * speak it identifies more than the learned decoder, in a fraction of its time.
 *
 * @module
 */

/** Examples whose mean is taken. */
const NEAREST = 24;

/** Reconstructs `[images][size]` from features `[images][units]`, given those of examples; each unit counts by its standard deviation over them. */
export function fromNeighbours(
  features: Float32Array,
  learned: Float32Array,
  examples: Float32Array,
  size: number,
): Float32Array {
  const count = examples.length / size, width = learned.length / count, images = features.length / width;
  const speaking = Array.from({ length: width }, (_, unit) => unit).flatMap((unit) => {
    let sum = 0, squares = 0;
    for (let i = unit; i < learned.length; i += width) {
      sum += learned[i]!;
      squares += learned[i]! * learned[i]!;
    }
    const variance = squares / count - (sum / count) ** 2;
    return variance > 0 ? [{ unit, scale: 1 / Math.sqrt(variance) }] : [];
  });
  const scaled = (rows: Float32Array, number: number) =>
    speaking.map(({ unit, scale }) => Float64Array.from({ length: number }, (_, i) => scale * rows[i * width + unit]!));
  const known = scaled(learned, count), seen = scaled(features, images), out = new Float32Array(images * size);
  const distances = new Float64Array(count);
  for (let image = 0; image < images; image++) {
    distances.fill(0);
    known.forEach((column, unit) => {
      const own = seen[unit]![image]!;
      for (let i = 0; i < count; i++) distances[i]! += (column[i]! - own) * (column[i]! - own);
    });
    const limit = distances.toSorted()[NEAREST - 1]!;
    const nearest = Array.from(distances.keys()).filter((i) => distances[i]! <= limit).slice(0, NEAREST);
    for (const i of nearest) {
      for (let at = 0; at < size; at++) out[image * size + at]! += examples[i * size + at]! / NEAREST;
    }
  }
  return out;
}
