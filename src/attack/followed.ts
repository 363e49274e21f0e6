/**
 * Where an inversion lost its numbers: it is gone through again, looking at every step, which a good one need not pay
 * for.
 *
 * @module
 */
import type { InversionStep, Program } from "../engine/engine.ts";

/** An inversion of the images of one batch. */
export interface Inverted {
  readonly program: Program;
  /** The first images, and the features to reach. */
  readonly starts: Float32Array;
  readonly targets: Float32Array;
  readonly step: InversionStep;
  readonly iterations: number;
  /** What the attack calls the first of the images. */
  readonly firstImage: number;
}

/**
 * Refuses an inversion of which a loss or a pixel is not finite in the end: nothing that is no number becomes one
 * again.
 *
 * @param losses of the last step
 * @param found the images behind it; none if there are more steps to come
 * @throws {RangeError} (as a rejection) that says of which image, at which step.
 */
export async function checkInverted(
  inverted: Inverted,
  losses: Float32Array,
  found: Float32Array = new Float32Array(0),
): Promise<void> {
  const isFinite = (value: number) => Number.isFinite(value);
  if (losses.every(isFinite) && found.every(isFinite)) return;
  const { program, starts, targets, step, iterations, firstImage } = inverted;
  program.setInput(starts);
  const inversion = program.inversion();
  inversion.setTargets(targets);
  const lost = (image: number, what: string) =>
    new RangeError(`image ${firstImage + image}: ${what}: the network's values are too large for the attack to follow`);
  for (let iteration = 1; iteration <= iterations; iteration++) {
    inversion.step(step);
    const before = await inversion.losses(), image = before.findIndex((loss) => !isFinite(loss));
    if (image >= 0) throw lost(image, `the loss is ${before[image]} before step ${iteration} of ${iterations}`);
  }
  const pixels = found.length / losses.length, wrong = found.findIndex((pixel) => !isFinite(pixel));
  throw lost(Math.floor(wrong / pixels), `pixel ${wrong % pixels} is ${found[wrong]} behind step ${iterations}`);
}
