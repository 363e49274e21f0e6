/**
 * The images: MNIST from a folder, or digits that the program draws itself.
 *
 * @module
 */
import { Dataset, drawnDigits, type LabelledImages, mnist } from "../../mod.ts";
import { checkCounts, type ImageSettings } from "./args.ts";
import { DRAWN_TEST, DRAWN_TRAINING } from "./flags.ts";
import { permissionError } from "./permission.ts";

/** Training and test images. */
export interface Images {
  /** What they are, for the report. */
  readonly name: string;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** How many of the training images are used. */
  readonly samples: number;
}

/**
 * Loads or draws the images.
 *
 * @throws {UsageError} (as a rejection) if there are fewer than the settings ask for, before any is drawn.
 * @throws {FileError | DataFormatError} (as a rejection) if a file is missing or broken.
 */
export async function openImages(settings: ImageSettings): Promise<Images> {
  const { data, seed } = settings;
  if (data === undefined) {
    const samples = checkCounts(settings, settings.samples ?? DRAWN_TRAINING, "the drawn data");
    // Far from the seeds that people choose, so that no run is tested on the digits that another was trained on.
    const testSeed = (seed + 2 ** 31) % 2 ** 32;
    const train = drawnDigits(samples, { seed }), test = drawnDigits(DRAWN_TEST, { seed: testSeed });
    return { name: train.name, train, test, samples };
  }
  const read = (split: "train" | "test") =>
    mnist(data, split).catch((error) => {
      throw permissionError(error, "read", data);
    });
  const train = await read("train"), test = await read("test");
  return { name: "MNIST", train, test, samples: checkCounts(settings, train.count, train.name) };
}

/** The first `samples` images as LeNet-5 takes them, 32 x 32, shuffled by the seed. */
export function lenet5Dataset(source: LabelledImages, seed: number, samples: number = source.count): Dataset {
  return new Dataset(source, { size: [32, 32], seed, limit: samples });
}
