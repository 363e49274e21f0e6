/** MNIST: from bytes, from a folder, and the real one. */
import { assertEquals, assertRejects, assertStringIncludes } from "#std/assert";
import { gzipSync } from "fflate";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DataFormatError } from "../src/data/errors.ts";
import { encodeIdx } from "../src/data/idx.ts";
import { mnist, mnistFromBytes } from "../src/data/mnist.ts";
import { FileError } from "../src/runtime/files.ts";
import { noise } from "./bytes.ts";
import { sha256 } from "./sha256.ts";
import { missing, mnistFolder } from "./shared_data.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

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

describe("mnist", () => {
  /** Runs `body` with the path of a new folder that holds these files. */
  const withFiles = (files: Record<string, Uint8Array>, body: (folder: string) => Promise<void>) =>
    inTemporaryFolder(async (folder) => {
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      await body(folder);
    });

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
