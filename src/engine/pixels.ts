/**
 * Images of a data set as a network sees them.
 *
 * @module
 */
import { flatten, sequential } from "../nn/mod.ts";
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
  const { channels, classes } = data.source;
  // Any network of this input will do: only its batch is used. It needs as many outputs as there are classes.
  const shape = [channels, ...data.size] as const;
  if (channels * data.size[0] * data.size[1] < classes) {
    throw new RangeError("the images have fewer pixels than there are classes");
  }
  const program = engine.program(sequential(shape, [flatten()]), { batchSize: indices.length });
  program.load(data, indices);
  return await program.input();
}
