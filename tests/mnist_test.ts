import { assert, assertEquals, assertRejects, assertStringIncludes } from "#std/assert";
import fc from "fast-check";
import { gzipSync } from "fflate";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { DataFormatError } from "../src/data/errors.ts";
import { decompressed, gunzip } from "../src/data/gzip.ts";
import { encodeIdx } from "../src/data/idx.ts";
import { mnist, mnistFromBytes } from "../src/data/mnist.ts";
import { FileError } from "../src/runtime/files.ts";

const MNIST = join(process.env.TACET_SHARED ?? "../shared", "mnist");
const skip = existsSync(MNIST) ? false : `needs the real MNIST in ${MNIST}; set TACET_SHARED to the folder above it`;

const concatenated = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
/** Bytes that do not compress, so that gzip holds them in several blocks. */
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);

/** Zeros, gzipped as one member without ever holding them all. */
async function bomb(mebibytes: number): Promise<Uint8Array> {
  const zeros = new Uint8Array(2 ** 20);
  let left = mebibytes;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => left-- > 0 ? controller.enqueue(zeros) : controller.close(),
  });
  return new Uint8Array(await new Response(source.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

describe("gunzip", () => {
  test("unpacks one member or several, whatever the content and wherever they end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 }),
        async (contents) => {
          const packed = concatenated(...contents.map((content) => gzipSync(content)));
          assertEquals(await gunzip(packed), concatenated(...contents));
        },
      ),
    );
  });

  test("unpacks content of many chunks, in members that end at every place of a chunk", async () => {
    for (const length of [16_340, 16_350, 16_360, 16_370, 16_384, 200_000]) {
      const content = noise(length);
      const packed = gzipSync(content, { level: 0 });
      assertEquals(await gunzip(concatenated(packed, packed)), concatenated(content, content));
    }
  });

  test("unpacks what other writers make: optional header fields, and the runtime's own CompressionStream", async () => {
    const plain = gzipSync(noise(100));
    const fields = [4, 0, 1, 2, 3, 4, 65, 0, 66, 0, 9, 9]; // FEXTRA of four bytes, FNAME, FCOMMENT, FHCRC
    const packed = concatenated(plain.subarray(0, 10), new Uint8Array(fields), plain.subarray(10));
    packed[3] = 2 | 4 | 8 | 16;
    assertEquals(await gunzip(packed), noise(100));
    const stream = new Blob([noise(1000)]).stream().pipeThrough(new CompressionStream("gzip"));
    assertEquals(await gunzip(new Uint8Array(await new Response(stream).arrayBuffer())), noise(1000));
  });

  test("every truncation of one member is a DataFormatError, the empty one's as well", async () => {
    for (const content of [noise(0), noise(50), new Uint8Array(1000)]) {
      const packed = gzipSync(content);
      for (let length = 0; length < packed.length; length++) {
        await assertRejects(() => gunzip(packed.subarray(0, length), { fileName: "a.gz" }), DataFormatError, "a.gz: ");
      }
    }
  });

  test("a second member cut short, and stray bytes behind the last, are DataFormatErrors", async () => {
    const [first, second] = [gzipSync(noise(40)), gzipSync(noise(30))];
    for (let length = 1; length < second.length; length++) {
      await assertRejects(() => gunzip(concatenated(first, second.subarray(0, length))), DataFormatError);
    }
    for (const content of [noise(0), noise(40)]) {
      for (const stray of [[0], [0, 0], [0, 0, 0], [0, 0, 0, 0], [0x1f], [0x1f, 0x8b, 8], new Array(50).fill(0)]) {
        await assertRejects(() => gunzip(concatenated(gzipSync(content), new Uint8Array(stray))), DataFormatError);
      }
    }
  });

  test("a wrong checksum or length is named, in any member", async () => {
    const good = gzipSync(noise(60));
    for (const [place, text] of [[-8, "checksum (CRC-32)"], [-5, "checksum (CRC-32)"], [-4, "60 bytes"]] as const) {
      const bad = good.slice();
      bad[bad.length + place]! ^= 1;
      await assertRejects(() => gunzip(bad), DataFormatError, text);
      await assertRejects(() => gunzip(concatenated(bad, good)), DataFormatError, text);
      await assertRejects(() => gunzip(concatenated(good, bad)), DataFormatError, text);
    }
  });

  test("no flipped bit of the content's bytes goes unnoticed", async () => {
    const packed = gzipSync(noise(80));
    for (let bit = 80; bit < 8 * packed.length; bit++) {
      const bad = packed.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      // The bits that fill up DEFLATE's last byte mean nothing: then the content must be right.
      try {
        assertEquals(await gunzip(bad), noise(80));
      } catch (error) {
        assert(error instanceof DataFormatError, `bit ${bit}: ${error}`);
      }
    }
  });

  test("random bytes behind a gzip header never throw anything but a DataFormatError", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(31), async (bytes, flags) => {
      try {
        await gunzip(new Uint8Array([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3, ...bytes]), { limit: 10 ** 6 });
      } catch (error) {
        assert(error instanceof DataFormatError, String(error));
      }
    }));
  });

  test("content of exactly the limit is unpacked, one byte more is refused", async () => {
    for (const length of [0, 1, 1000, 100_000]) {
      const packed = gzipSync(noise(length));
      assertEquals((await gunzip(packed, { limit: length })).length, length);
      if (length > 0) {
        await assertRejects(() => gunzip(packed, { limit: length - 1 }), DataFormatError, "unpacks to more than");
      }
    }
    await assertRejects(() => gunzip(gzipSync(noise(1)), { limit: -1 }), RangeError, "limit is -1");
    await assertRejects(() => gunzip(gzipSync(noise(1)), { limit: NaN }), RangeError, "limit is NaN");
  });

  test("a gzip bomb of 1 GiB is refused at the limit, long before its end, and in little memory", async () => {
    const packed = await bomb(1024);
    assert(packed.length < 2 ** 21);
    const before = process.memoryUsage().rss;
    const start = performance.now();
    await assertRejects(() => gunzip(packed, { limit: 2 ** 24 }), DataFormatError, "more than 16777216 bytes");
    assert(performance.now() - start < 5000);
    const grown = process.memoryUsage().rss - before;
    assert(grown < 200 * 2 ** 20, `${grown} bytes`);
    // What comes after the limit is never looked at: a broken tail changes nothing.
    packed.fill(255, packed.length / 8);
    await assertRejects(() => gunzip(packed, { limit: 2 ** 24 }), DataFormatError, "more than 16777216 bytes");
  });

  test("a trailer that promises 4 GiB does not make it allocate them", async () => {
    const packed = gzipSync(noise(100));
    packed.fill(255, packed.length - 4);
    await assertRejects(
      () => gunzip(packed, { limit: Number.MAX_SAFE_INTEGER }),
      DataFormatError,
      "is corrupted: 100 bytes",
    );
  });

  test("a header without end and a crowd of empty members are refused at once", async () => {
    const endless = new Uint8Array(2 ** 26).fill(65);
    endless.set([0x1f, 0x8b, 8, 8]);
    const crowd = new Uint8Array(20 * 2 ** 20);
    const empty = gzipSync(new Uint8Array(0));
    for (let start = 0; start + empty.length <= crowd.length; start += empty.length) crowd.set(empty, start);
    const start = performance.now();
    await assertRejects(() => gunzip(endless), DataFormatError, "a gzip header in it takes more than");
    await assertRejects(() => gunzip(crowd), DataFormatError, "gzip members");
    assert(performance.now() - start < 10_000);
  });

  test("bytes that are not gzip are plain to decompressed() and an error to gunzip()", async () => {
    const plain = noise(30);
    assert(await decompressed(plain, { limit: 30 }) === plain);
    assertEquals(await decompressed(gzipSync(plain), { limit: 30 }), plain);
    assertEquals((await decompressed(new Uint8Array(0))).length, 0);
    await assertRejects(
      () => decompressed(plain, { limit: 29, fileName: "b" }),
      DataFormatError,
      "b: has 30 bytes, more than",
    );
    await assertRejects(() => gunzip(plain), DataFormatError, "is not gzip");
    await assertRejects(() => gunzip(new Uint8Array([0x1f, 0x8b, 7])), DataFormatError, "method is 7");
    await assertRejects(() => decompressed(new Uint8Array([0x1f, 0x8b])), DataFormatError, "has 2 bytes");
  });
});

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
  async function inFolder(files: Record<string, Uint8Array>, body: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "tacet-mnist-"));
    try {
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      await body(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("either spelling is found, plain or gzipped, and each split reads its own files", async () => {
    const files = {
      "train-images-idx3-ubyte": images(1, 2, 2),
      "train-labels.idx1-ubyte.gz": gzipSync(labels(7)),
      "t10k-images.idx3-ubyte": images(2, 2, 2),
      "t10k-labels-idx1-ubyte.gz": gzipSync(labels(1, 2)),
    };
    await inFolder(files, async (folder) => {
      const train = await mnist(folder, "train");
      assertEquals([train.name, train.count, ...train.labels], ["MNIST train", 1, 7]);
      const test = await mnist(folder, "test");
      assertEquals([test.name, test.count, ...test.labels], ["MNIST test", 2, 1, 2]);
    });
  });

  test("a missing file is one error that lists the names looked for", async () => {
    await inFolder({ "train-images-idx3-ubyte": images(1, 2, 2) }, async (folder) => {
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
    await inFolder(files, async (folder) => {
      const error = await assertRejects(() => mnist(folder, "train"), DataFormatError, "CRC-32");
      assertStringIncludes(error.fileName, "train-labels-idx1-ubyte.gz");
    });
  });

  test("an unknown split and an empty folder name are refused", async () => {
    await assertRejects(() => mnist(".", "valid" as "train"), RangeError, 'split is "valid"');
    await assertRejects(() => mnist("", "train"), TypeError, '"." is the current one');
  });

  test("the real MNIST has 60,000 and 10,000 digits, to the byte", { skip }, async () => {
    const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    const train = await mnist(MNIST, "train");
    assertEquals([train.count, train.channels, train.height, train.width, train.classes], [60_000, 1, 28, 28, 10]);
    assertEquals([...train.labels.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const test = await mnist(MNIST, "test");
    assertEquals(test.count, 10_000);
    // The published digests of the unpacked files: the encoder must give back their very bytes.
    const { images: pixels, labels: classes, count } = train;
    const imageFile = encodeIdx({ type: "uint8", shape: [count, 28, 28], data: pixels as Uint8Array<ArrayBuffer> });
    assertEquals(sha256(imageFile), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    const labelFile = encodeIdx({ type: "uint8", shape: [count], data: classes as Uint8Array<ArrayBuffer> });
    assertEquals(sha256(labelFile), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");
  });
});
