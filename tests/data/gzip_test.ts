/** Unpacking gzip: whatever writers make of it, and what is damaged or too large. */
import { assert, assertEquals, assertRejects } from "#std/assert";
import fc from "fast-check";
import { gzipSync } from "fflate";
import process from "node:process";
import { describe, test } from "node:test";
import { DataFormatError } from "../../src/data/errors.ts";
import { decompressed, gunzip } from "../../src/data/gzip.ts";
import { concatenated, noise } from "../support/bytes.ts";

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
