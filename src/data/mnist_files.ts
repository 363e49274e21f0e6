/**
 * Where MNIST's files lie, as their sources leave them: LeCun's page, Kaggle's archive, torchvision, MindSpore,
 * Debian's Fashion-MNIST.
 *
 * @module
 */
import { FileError, kindOf } from "../runtime/files.ts";

/** How the files of each split begin. */
export const PREFIXES = { train: "train", test: "t10k" } as const;

/** A split of MNIST. */
export type Split = keyof typeof PREFIXES;

/** Ranks of the two files. */
const RANKS = { images: 3, labels: 1 } as const;
type Kind = keyof typeof RANKS;

/**
 * Data sets of the same file names that torchvision keeps beside MNIST: another folder's to name, never taken for
 * MNIST.
 */
const RELATIVES = ["FashionMNIST", "KMNIST"];

/**
 * Folders in which a split is looked for, behind the one that was given: torchvision's, by its root or its data set,
 * then MindSpore's.
 */
const foldersOf = (split: Split) => ["MNIST/raw", "raw", split];

/** The spellings of a file: LeCun's own with a hyphen, some mirrors' with a dot; plain or gzipped. */
function spellings(split: Split, kind: Kind): string[] {
  return ["-", "."].flatMap((mark) =>
    ["", ".gz"].map((end) => `${PREFIXES[split]}-${kind}${mark}idx${RANKS[kind]}-ubyte${end}`)
  );
}

/**
 * The first of the names that is a file in the folder; else the first in a folder of such a name, as Kaggle's archive
 * has them.
 */
async function find(folder: string, names: readonly string[]): Promise<string | undefined> {
  const within: string[] = [];
  for (const name of names) {
    const path = `${folder}/${name}`, kind = await kindOf(path);
    if (kind === "file") return path;
    if (kind === "folder") within.push(path);
  }
  for (const inner of within) {
    for (const name of names) if (await kindOf(`${inner}/${name}`) === "file") return `${inner}/${name}`;
  }
}

/** What may explain that nothing was found in a folder. */
async function explanation(directory: string, found: string | undefined): Promise<string> {
  if (found) return ` (only ${found} is there)`;
  const kind = await kindOf(directory);
  if (kind !== "folder") return ` (${kind ? `it is a ${kind}, not a folder` : "there is no such folder"})`;
  for (const relative of RELATIVES) {
    if (await kindOf(`${directory}/${relative}/raw`) === "folder") {
      return ` (${relative} is there; to take it, hand in "${directory}/${relative}")`;
    }
  }
  return "";
}

/**
 * The paths of a split's two files, both from one folder.
 *
 * @throws {FileError} (as a rejection) if they are not there, with all that was looked for, or if that cannot be told.
 */
export async function findMnist(directory: string, split: Split): Promise<Readonly<Record<Kind, string>>> {
  const names = { images: spellings(split, "images"), labels: spellings(split, "labels") };
  const look = async (folder: string) => [await find(folder, names.images), await find(folder, names.labels)] as const;
  let [images, labels] = await look(directory), failure: unknown;
  for (const folder of foldersOf(split)) {
    if (images && labels) break;
    try {
      const path = `${directory}/${folder}`;
      if (await kindOf(path) !== "folder") continue;
      const [moreImages, moreLabels] = await look(path);
      // Never the images of one folder with the labels of another.
      if ((moreImages && moreLabels) || !(images || labels)) [images, labels] = [moreImages, moreLabels];
    } catch (error) {
      failure ??= error;
    }
  }
  if (images && labels) return { images, labels };
  if (failure) throw failure;
  const missing = images ? "labels" : "images", why = await explanation(directory, images ?? labels);
  throw new FileError(
    `cannot find the ${missing} of MNIST's ${split} split in "${directory}"${why}; looked for ` +
      `${names[missing].join(", ")}, also in folders of these names, and in ${foldersOf(split).join(", ")}`,
    directory,
  );
}
