/**
 * Images of a data set as a network sees them.
 *
 * @module
 */
import { flatten, sequential, sizeOf } from "../nn/mod.ts";
import { checkIndex, checkSource } from "./batch_checks.ts";
import type { BatchSource, Engine } from "./engine.ts";

/**
 * The chosen images of a data set, resized and scaled as for training: float32 `[indices][channels][height][width]`.
 *
 * @throws {RangeError} (as a rejection) if there are no indices or one is outside the data.
 * @example
 * ```ts
 * import { Dataset, drawnDigits, openEngine, pixels } from "@tacet/tacet";
 * const dataset = new Dataset(drawnDigits(10), { size: [32, 32] });
 * const images = await pixels(await openEngine(), dataset, [0, 5]);
 * console.log(images.length); // 2048
 * ```
 */
export async function pixels(engine: Engine, data: BatchSource, indices: readonly number[]): Promise<Float32Array> {
  const { source, size } = data, { channels, classes, height, width } = source, count = indices.length;
  // Any network of this input will do: only its batch is used. It needs as many outputs as there are classes.
  const shape = [channels, ...size] as const;
  if (sizeOf(shape) < classes) throw new RangeError("the images have fewer pixels than there are classes");
  const program = engine.program(sequential(shape, [flatten()]), { batchSize: count });
  checkSource(data, shape, sizeOf(shape));
  // The program is for this once: only what is asked for is uploaded, not the whole data set.
  const image = channels * height * width, images = new Uint8Array(count * image);
  indices.forEach((index, i) => {
    checkIndex(source, index);
    images.set(source.images.subarray(index * image, (index + 1) * image), i * image);
  });
  const chosen = { ...source, images, count, labels: Uint8Array.from(indices, (index) => source.labels[index]!) };
  program.load({ source: chosen, size, scale: data.scale, labels: data.labels }, [...indices.keys()]);
  return await program.input();
}
