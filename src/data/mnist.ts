/**
 * MNIST: 70,000 handwritten digits of 28 x 28 pixels, in four IDX files. Its relatives in the same four files
 * (Fashion-MNIST, Kuzushiji-MNIST) load as well.
 *
 * Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
 *
 * @module
 */
import { readFile } from "../runtime/files.ts";
import { DataFormatError } from "./errors.ts";
import { decompressed } from "./gzip.ts";
import { parseIdx } from "./idx.ts";
import type { LabelledImages } from "./images.ts";
import { findMnist, PREFIXES } from "./mnist_files.ts";

/** Most bytes of a file, packed or unpacked: five times what MNIST's largest takes. */
const LIMIT = 2 ** 28;

const CLASSES = 10;

/** What the bytes given to {@linkcode mnistFromBytes} are called. */
export interface MnistNames {
  /** What errors call the bytes of the images. Default "images". */
  readonly imagesName?: string;
  /** What errors call the bytes of the labels. Default "labels". */
  readonly labelsName?: string;
  /** The name of the data, for reports. Default "MNIST". */
  readonly name?: string;
}

/**
 * Labelled images from the bytes of MNIST's image file and label file, gzipped or plain: {@linkcode mnist} without a
 * file system.
 *
 * @throws {DataFormatError} (as a rejection) if either is malformed or unpacks to more than 256 MiB; if the images are
 * not uint8 of rank 3, the labels not uint8 of rank 1 from 0 to 9, or there are not as many of the one as of the other;
 * or if there are none.
 *
 * @example
 * ```ts
 * import { encodeIdx, mnistFromBytes } from "@tacet/tacet";
 * const images = encodeIdx({ type: "uint8", shape: [2, 28, 28], data: new Uint8Array(2 * 28 * 28) });
 * const labels = encodeIdx({ type: "uint8", shape: [2], data: new Uint8Array([3, 1]) });
 * console.log((await mnistFromBytes(images, labels)).count); // 2
 * ```
 */
export async function mnistFromBytes(
  images: Uint8Array,
  labels: Uint8Array,
  names: MnistNames = {},
): Promise<LabelledImages> {
  const { imagesName = "images", labelsName = "labels", name = "MNIST" } = names;
  const pixels = parseIdx(await decompressed(images, { limit: LIMIT, fileName: imagesName }), imagesName);
  const classes = parseIdx(await decompressed(labels, { limit: LIMIT, fileName: labelsName }), labelsName);
  if (pixels.type !== "uint8" || pixels.shape.length !== 3) {
    throw new DataFormatError(
      imagesName,
      `holds ${pixels.type} of rank ${pixels.shape.length}; MNIST's images (the labels are in ` +
        `${labelsName}) are uint8 of rank 3: [count, height, width]`,
    );
  }
  if (classes.type !== "uint8" || classes.shape.length !== 1) {
    throw new DataFormatError(
      labelsName,
      `holds ${classes.type} of rank ${classes.shape.length}; MNIST's labels (the images are in ` +
        `${imagesName}) are uint8 of rank 1: [count]`,
    );
  }
  const [count, height, width] = pixels.shape as [number, number, number];
  if (classes.data.length !== count) {
    throw new DataFormatError(
      imagesName,
      `holds ${count} images, but ${labelsName} ${classes.data.length} labels; take both from one split`,
    );
  }
  if (pixels.data.length === 0) {
    throw new DataFormatError(imagesName, `holds no pixels: its shape is [${pixels.shape.join(", ")}]`);
  }
  const wrong = classes.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    throw new DataFormatError(
      labelsName,
      `label ${wrong} (of the images in ${imagesName}) is ${classes.data[wrong]}; MNIST's are 0 to ${CLASSES - 1}`,
    );
  }
  return { name, images: pixels.data, count, channels: 1, height, width, labels: classes.data, classes: CLASSES };
}

/**
 * Reads one split of MNIST from a folder: "train" (60,000 images, files `train-*`) or "test" (10,000, files `t10k-*`).
 * Each file may be spelled `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, and be plain or end in `.gz`; the
 * first of these that is a file is taken: hyphen before dot, plain before gzipped. If there is none, a file in a folder
 * of such a name is (`train-images-idx3-ubyte/train-images-idx3-ubyte`, as in Kaggle's archive). What the folder itself
 * has not is looked for in its `MNIST/raw` and `raw` (torchvision's), then in its `train` or `test` (MindSpore's); both
 * files come from the same one. Folders of Fashion-MNIST (Debian's `/usr/share/datasets/fashion-mnist`, torchvision's
 * `FashionMNIST` or `FashionMNIST/raw`) are read in the same way, if they are handed in themselves.
 *
 * @throws {FileError} if a file is missing (the message lists what was looked for) or cannot be read, or the runtime
 * has no file system.
 * @throws {DataFormatError} if a file is not what it should be; see {@linkcode mnistFromBytes}.
 * @throws {RangeError} if `split` is neither "train" nor "test".
 * @throws {TypeError} if `directory` is not the path of a folder.
 *
 * @example
 * ```ts
 * import { FileError, mnist } from "@tacet/tacet";
 * try {
 *   const train = await mnist("MNIST", "train");
 *   console.log(train.name, train.count); // MNIST train 60000
 * } catch (error) {
 *   if (!(error instanceof FileError)) throw error;
 *   console.log(error.message); // the folder is not there, or may not be read
 * }
 * ```
 */
export async function mnist(directory: string, split: "train" | "test"): Promise<LabelledImages> {
  if (typeof directory !== "string" || directory === "") {
    throw new TypeError('directory must be the path of the folder with MNIST\'s files; "." is the current one');
  }
  if (!Object.hasOwn(PREFIXES, split)) {
    throw new RangeError(`split is ${JSON.stringify(split)}; MNIST has "train" and "test"`);
  }
  const { images: imagesName, labels: labelsName } = await findMnist(directory, split);
  const images = await readFile(imagesName, LIMIT), labels = await readFile(labelsName, LIMIT);
  return await mnistFromBytes(images, labels, { imagesName, labelsName, name: `MNIST ${split}` });
}
