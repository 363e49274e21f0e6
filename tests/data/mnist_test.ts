/** MNIST: from bytes, from a folder, and the real one. */
import { assertEquals, assertRejects, assertStringIncludes } from "#std/assert";
import { gzipSync } from "fflate";
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { DataFormatError } from "../../src/data/errors.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { mnist, mnistFromBytes } from "../../src/data/mnist.ts";
import { FileError } from "../../src/runtime/files.ts";
import { noise } from "../support/bytes.ts";
import { sha256 } from "../support/sha256.ts";
import { missing, mnistFolder } from "../support/shared_data.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const fashionMnist = "/usr/share/datasets/fashion-mnist";
const noFashion = existsSync(fashionMnist) ? false : "Debian's dataset-fashion-mnist is not installed";

const images = (...shape: number[]) =>
  encodeIdx({ type: "uint8", shape, data: noise(shape.reduce((product, size) => product * size, 1)) });
const labels = (...values: number[]) =>
  encodeIdx({ type: "uint8", shape: [values.length], data: new Uint8Array(values) });

describe("mnistFromBytes", () => {
  test("images and labels become labelled images, gzipped or plain", async () => {
    const expected = {
      name: "MNIST",
      images: noise(2 * 3 * 4),
      count: 2,
      channels: 1,
      height: 3,
      width: 4,
      labels: new Uint8Array([9, 0]),
      classes: 10,
    };
    assertEquals(await mnistFromBytes(images(2, 3, 4), labels(9, 0)), expected);
    assertEquals(await mnistFromBytes(gzipSync(images(2, 3, 4)), gzipSync(labels(9, 0)), { name: "mine" }), {
      ...expected,
      name: "mine",
    });
  });

  test("whatever does not fit is a DataFormatError that names both", async () => {
    const names = { imagesName: "pictures.idx", labelsName: "numbers.idx" };
    const refused = async (a: Uint8Array, b: Uint8Array, text: string) => {
      const { message } = await assertRejects(() => mnistFromBytes(a, b, names), DataFormatError, text);
      assertStringIncludes(message, "pictures.idx");
      assertStringIncludes(message, "numbers.idx");
    };
    await refused(images(2, 3, 4), labels(1, 2, 3), "holds 2 images, but numbers.idx 3 labels");
    await refused(images(2, 3, 4), labels(1, 10), "label 1 (of the images in pictures.idx) is 10");
    await refused(images(2, 12), labels(1, 2), "holds uint8 of rank 2");
    await refused(labels(1, 2), images(2, 3, 4), "holds uint8 of rank 1");
    await refused(images(2, 3, 4), images(2, 1), "holds uint8 of rank 2");
    await refused(
      encodeIdx({ type: "int8", shape: [1, 1, 1], data: new Int8Array(1) }),
      labels(1),
      "holds int8 of rank 3",
    );
    await assertRejects(() => mnistFromBytes(images(0, 28, 28), labels()), DataFormatError, "holds no pixels");
    await assertRejects(() => mnistFromBytes(images(1, 0, 28), labels(1)), DataFormatError, "holds no pixels");
    await assertRejects(
      () => mnistFromBytes(images(1, 2, 2).subarray(1), labels(1), names),
      DataFormatError,
      "pictures.idx: ",
    );
    await assertRejects(
      () => mnistFromBytes(images(1, 2, 2), new Uint8Array(0), names),
      DataFormatError,
      "numbers.idx: ",
    );
  });
});

/** Runs `body` with the path of a new folder that holds these files. */
const withFiles = (files: Record<string, Uint8Array>, body: (folder: string) => Promise<void>) =>
  inTemporaryFolder(async (folder) => {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    await body(folder);
  });

/** A split's two files in a folder, named by `spell`; each image is one pixel, as bright as its label. */
function splitIn(spell: (name: string) => string, prefix: "train" | "t10k", ...digits: number[]) {
  const pixels = encodeIdx({ type: "uint8", shape: [digits.length, 1, 1], data: Uint8Array.from(digits) });
  const files: [string, Uint8Array][] = [["images-idx3", pixels], ["labels-idx1", labels(...digits)]];
  return Object.fromEntries(files.map(([name, bytes]) => {
    const path = spell(`${prefix}-${name}-ubyte`);
    return [path, path.endsWith(".gz") ? gzipSync(bytes) : bytes];
  }));
}

/** What is read of both splits. */
async function read(folder: string): Promise<number[][]> {
  const both = [await mnist(folder, "train"), await mnist(folder, "test")];
  assertEquals(both.map(({ images }) => [...images]), both.map(({ labels }) => [...labels]));
  return both.map(({ labels }) => [...labels]);
}

describe("mnist", () => {
  test("either spelling is found, plain or gzipped, and each split reads its own files", async () => {
    const files = {
      "train-images-idx3-ubyte": images(1, 2, 2),
      "train-labels.idx1-ubyte.gz": gzipSync(labels(7)),
      "t10k-images.idx3-ubyte": images(2, 2, 2),
      "t10k-labels-idx1-ubyte.gz": gzipSync(labels(1, 2)),
    };
    await withFiles(files, async (folder) => {
      const train = await mnist(folder, "train");
      assertEquals([train.name, train.count, ...train.labels], ["MNIST train", 1, 7]);
      const test = await mnist(folder, "test");
      assertEquals([test.name, test.count, ...test.labels], ["MNIST test", 2, 1, 2]);
    });
  });

  const dotted = (name: string) => name.replace("-idx", ".idx");
  const nested = (name: string) => `${name}/${name}`;
  const LAYOUTS: readonly [what: string, train: (name: string) => string, test?: (name: string) => string][] = [
    ["LeCun's page, gzipped", (name) => `${name}.gz`],
    ["mirrors, with dots", dotted],
    ["mirrors, with dots and gzipped", (name) => `${dotted(name)}.gz`],
    ["Kaggle's archive, its folders alone", nested],
    ["Kaggle's archive, gzipped in folders", (name) => `${name}/${name}.gz`],
    ["an unpacker that names the folder as the packed file", (name) => `${name}.gz/${name}`],
    ["torchvision, by its root", (name) => `MNIST/raw/${name}`],
    ["torchvision, by its data set", (name) => `raw/${name}.gz`],
    ["MindSpore", (name) => `train/${name}`, (name) => `test/${name}`],
    ["MindSpore, gzipped and with dots", (name) => `train/${dotted(name)}.gz`, (name) => `test/${dotted(name)}.gz`],
  ];
  for (const [what, train, test_ = train] of LAYOUTS) {
    test(`both splits are found as they come from ${what}`, async () => {
      const files = { ...splitIn(train, "train", 1, 2, 3), ...splitIn(test_, "t10k", 4, 5) };
      await withFiles(files, async (folder) => assertEquals(await read(folder), [[1, 2, 3], [4, 5]]));
    });
  }

  test("a folder named as a file is never read as one: the good file beside it is", async () => {
    const files = { ...splitIn(nested, "train", 9), ...splitIn(nested, "t10k", 9) };
    const good = { ...splitIn(dotted, "train", 1), ...splitIn((name) => `${name}.gz`, "t10k", 2) };
    await withFiles({ ...files, ...good }, async (folder) => assertEquals(await read(folder), [[1], [2]]));
  });

  test("hyphens come before dots, plain before gzipped, the folder itself before those in it", async () => {
    const spells: ((name: string) => string)[] = [
      (name) => name,
      (name) => `${name}.gz`,
      dotted,
      // A folder of the fourth spelling's name, where no such file can be.
      (name) => `${dotted(name)}.gz/${name}`,
      (name) => `MNIST/raw/${name}`,
      (name) => `raw/${name}`,
      (name) => `train/${name}`,
    ];
    for (let first = 0; first < spells.length; first++) {
      const files = spells.slice(first).map((spell, i) => splitIn(spell, "train", first + i));
      await withFiles(Object.assign({}, ...files), async (folder) => {
        assertEquals([...(await mnist(folder, "train")).labels], [first]);
      });
    }
  });

  test("the images of one folder are not taken with the labels of another", async () => {
    const [stray] = Object.entries(splitIn((name) => name, "train", 7));
    const whole = splitIn((name) => `MNIST/raw/${name}`, "train", 1, 2);
    await withFiles({ [stray![0]]: stray![1], ...whole }, async (folder) => {
      assertEquals([...(await mnist(folder, "train")).labels], [1, 2]);
    });
    const [, labelsAlone] = Object.entries(splitIn((name) => `raw/${name}`, "train", 7));
    await withFiles({ [stray![0]]: stray![1], [labelsAlone![0]]: labelsAlone![1] }, async (folder) => {
      const { message } = await assertRejects(() => mnist(folder, "train"), FileError, "cannot find the labels");
      assertStringIncludes(message, `(only ${folder}/train-images-idx3-ubyte is there)`);
    });
  });

  test("Fashion-MNIST is read from its own folder, and never taken for MNIST", async () => {
    const files = splitIn((name) => `FashionMNIST/raw/${name}.gz`, "train", 5);
    await withFiles(files, async (folder) => {
      const relative = `${folder}/FashionMNIST`;
      for (const one of [relative, `${relative}/raw`]) assertEquals((await mnist(one, "train")).count, 1);
      await assertRejects(
        () => mnist(folder, "train"),
        FileError,
        `FashionMNIST is there; to take it, hand in "${relative}"`,
      );
    });
  });

  test("an empty folder, a file in place of the folder, and what may not be looked at are told apart", async () => {
    await inTemporaryFolder(async (folder) => {
      await assertRejects(() => mnist(folder, "test"), FileError, 'split in "' + folder + '"; looked for t10k');
      const file = join(folder, "file");
      await writeFile(file, "");
      await assertRejects(() => mnist(file, "test"), FileError, "it is a file, not a folder");
      if (process.platform === "win32") return;
      await symlink("raw", join(folder, "raw"));
      await assertRejects(() => mnist(folder, "test"), FileError, "the symbolic links go in a circle");
    });
  });

  test("links are followed", { skip: process.platform === "win32" ? "links need a privilege" : false }, async () => {
    await withFiles(splitIn((name) => `elsewhere/${name}`, "train", 6), async (folder) => {
      await symlink(join(folder, "elsewhere"), join(folder, "raw"));
      assertEquals([...(await mnist(folder, "train")).labels], [6]);
    });
  });

  test("Debian's Fashion-MNIST is read where it is installed", { skip: noFashion }, async () => {
    assertEquals((await mnist(fashionMnist, "train")).count, 60_000);
    assertEquals((await mnist(fashionMnist, "test")).count, 10_000);
  });

  test("a missing file is one error that lists the names looked for", async () => {
    await withFiles({ "train-images-idx3-ubyte": images(1, 2, 2) }, async (folder) => {
      const { message } = await assertRejects(
        () => mnist(folder, "train"),
        FileError,
        "the labels of MNIST's train split",
      );
      for (const name of ["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"]) {
        assertStringIncludes(message, `${name}, ${name}.gz`);
      }
      assertEquals(message.split("\n").length, 1);
      await assertRejects(() => mnist(folder, "test"), FileError, "t10k-images-idx3-ubyte, t10k-images-idx3-ubyte.gz");
      await assertRejects(() => mnist(join(folder, "no"), "train"), FileError, "there is no such folder");
    });
  });

  test("a corrupted file is named by its path", async () => {
    const bad = gzipSync(labels(7));
    bad[bad.length - 6]! ^= 4;
    const files = { "train-images-idx3-ubyte": images(1, 2, 2), "train-labels-idx1-ubyte.gz": bad };
    await withFiles(files, async (folder) => {
      const error = await assertRejects(() => mnist(folder, "train"), DataFormatError, "CRC-32");
      assertStringIncludes(error.fileName, "train-labels-idx1-ubyte.gz");
    });
  });

  test("an unknown split and an empty folder name are refused", async () => {
    await assertRejects(() => mnist(".", "valid" as "train"), RangeError, 'split is "valid"');
    await assertRejects(() => mnist("", "train"), TypeError, '"." is the current one');
  });

  test("the real MNIST has 60,000 and 10,000 digits, to the byte", { skip: missing(mnistFolder) }, async () => {
    const train = await mnist(mnistFolder, "train");
    assertEquals([train.count, train.channels, train.height, train.width, train.classes], [60_000, 1, 28, 28, 10]);
    assertEquals([...train.labels.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const test = await mnist(mnistFolder, "test");
    assertEquals(test.count, 10_000);
    // The published digests of the unpacked files: the encoder must give back their very bytes.
    const { images: pixels, labels: classes, count } = train;
    const imageFile = encodeIdx({ type: "uint8", shape: [count, 28, 28], data: pixels as Uint8Array<ArrayBuffer> });
    assertEquals(await sha256([imageFile]), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    const labelFile = encodeIdx({ type: "uint8", shape: [count], data: classes as Uint8Array<ArrayBuffer> });
    assertEquals(await sha256([labelFile]), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");
  });
});
