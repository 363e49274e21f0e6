import { assert, assertEquals, assertStringIncludes, assertThrows } from "#std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { DataFormatError } from "../../src/data/errors.ts";
import { encodeIdx, type IdxArray, type IdxType, parseIdx } from "../../src/data/idx.ts";

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The bits of the elements, since NaN has many. */
const bitsOf = ({ data }: IdxArray) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

/** Any type, rank 0 to 5, sizes from 0, any bits in the elements (every NaN among them). */
const anyIdx: fc.Arbitrary<IdxArray> = fc.record({
  type: fc.constantFrom(...Object.keys(ARRAYS) as IdxType[]),
  shape: fc.array(fc.nat(4), { maxLength: 5 }),
}).chain(({ type, shape }) => {
  const length = shape.reduce((product, size) => product * size, 1) * ARRAYS[type].BYTES_PER_ELEMENT;
  return fc.uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => ({ type, shape, data: new ARRAYS[type](bytes.slice().buffer) }) as IdxArray);
});

/** A header by hand. */
const header = (code: number, ...sizes: number[]) => {
  const bytes = new Uint8Array(4 + 4 * sizes.length);
  bytes.set([0, 0, code, sizes.length]);
  sizes.forEach((size, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, size));
  return bytes;
};

describe("IDX", () => {
  test("what is written is read back bit by bit, for every type and rank", () => {
    fc.assert(fc.property(anyIdx, (array) => {
      const again = parseIdx(encodeIdx(array), "a.idx");
      assertEquals(again.type, array.type);
      assertEquals(again.shape, array.shape);
      assert(again.data instanceof ARRAYS[array.type]);
      assertEquals(bitsOf(again), bitsOf(array));
    }));
  });

  test("numbers are big-endian in the file and right in memory", () => {
    const read = (
      code: number,
      ...bytes: number[]
    ) => [...parseIdx(new Uint8Array([0, 0, code, 1, 0, 0, 0, 1, ...bytes])).data];
    assertEquals(read(0x08, 200), [200]);
    assertEquals(read(0x09, 200), [-56]);
    assertEquals(read(0x0b, 0x01, 0x02), [258]);
    assertEquals(read(0x0c, 0xff, 0xff, 0xff, 0xfe), [-2]);
    assertEquals(read(0x0d, 0x3f, 0xc0, 0, 0), [1.5]);
    assertEquals(read(0x0e, 0xc0, 0x04, 0, 0, 0, 0, 0, 0), [-2.5]);
  });

  test("a view into a larger buffer is read at any alignment, and nothing outside it is looked at", () => {
    fc.assert(fc.property(anyIdx, fc.nat(9), (array, offset) => {
      const bytes = encodeIdx(array);
      const around = new Uint8Array(bytes.length + 20).fill(255);
      around.set(bytes, offset);
      assertEquals(bitsOf(parseIdx(around.subarray(offset, offset + bytes.length))), bitsOf(array));
    }));
  });

  test("the array is a copy, from a Node Buffer as well, and the input is left as it was", () => {
    const array: IdxArray = { type: "int16", shape: [2], data: new Int16Array([1, 2]) };
    const bytes = Buffer.from(encodeIdx(array));
    const before = [...bytes];
    const { data } = parseIdx(bytes);
    data[0] = 9;
    assertEquals([...bytes], before);
    bytes.fill(0);
    assertEquals([...data], [9, 2]);
    assertEquals([...array.data], [1, 2]);
  });

  test("every truncation and every stray byte is a DataFormatError that names the file", () => {
    fc.assert(
      fc.property(anyIdx, fc.nat(255), (array, stray) => {
        const bytes = encodeIdx(array);
        for (let length = 0; length < bytes.length; length++) {
          assertThrows(() => parseIdx(bytes.subarray(0, length), "some.idx"), DataFormatError, "some.idx: ");
        }
        assertThrows(() => parseIdx(new Uint8Array([...bytes, stray]), "some.idx"), DataFormatError, "1 stray bytes");
      }),
      { numRuns: 20 },
    );
  });

  test("random bytes never throw anything but a DataFormatError", () => {
    const nearlyIdx = fc.tuple(fc.integer({ min: 7, max: 15 }), fc.nat(255), fc.uint8Array({ maxLength: 60 }))
      .map(([code, rank, rest]) => new Uint8Array([0, 0, code, rank, ...rest]));
    fc.assert(fc.property(fc.oneof(nearlyIdx, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        parseIdx(bytes);
      } catch (error) {
        assert(error instanceof DataFormatError, String(error));
      }
    }));
  });

  test("rank 0 is one element, and a size of 0 is none, however large the others", () => {
    assertEquals(parseIdx(new Uint8Array([0, 0, 8, 0, 42])), { type: "uint8", shape: [], data: new Uint8Array([42]) });
    const huge = 2 ** 32 - 1;
    assertEquals(parseIdx(header(0x0e, huge, huge, 0)).data.length, 0);
    const wide = parseIdx(header(0x08, ...Array.from({ length: 255 }, (_, i) => i === 254 ? 0 : huge)));
    assertEquals([wide.shape.length, wide.data.length], [255, 0]);
  });

  test("sizes whose product no machine could hold are refused without allocating", () => {
    for (const rank of [1, 2, 3, 255]) {
      const bytes = header(0x0e, ...Array.from({ length: rank }, () => 2 ** 32 - 1));
      assertThrows(() => parseIdx(bytes), DataFormatError, "the file is cut short");
    }
    // 2^32 elements times 2^32 is 2^64: a product in 64 bits would wrap round to 0 and accept the empty file.
    assertThrows(() => parseIdx(header(0x08, 2 ** 31, 2 ** 31, 4)), DataFormatError, "the file is cut short");
  });

  test("rank 255 is read whole", () => {
    const array: IdxArray = { type: "int8", shape: Array.from({ length: 255 }, () => 1), data: new Int8Array([-3]) };
    assertEquals(parseIdx(encodeIdx(array)), array);
  });

  test("errors say what was found and what was expected", () => {
    const message = (...bytes: number[]) =>
      assertThrows(() => parseIdx(new Uint8Array(bytes), "x.idx"), DataFormatError).message;
    assertStringIncludes(message(0x89, 0x50, 8, 1), "begins with 0x89 0x50; an IDX file begins with two zero bytes");
    assertStringIncludes(message(0x1f, 0x8b, 8, 0), "this is gzip");
    assertStringIncludes(message(0, 0, 0x0a, 1), "is 0x0a; IDX knows 0x08 (uint8)");
    assertStringIncludes(message(0, 0, 8, 2, 0, 0, 0, 1), "has 8 bytes; its header alone, of rank 2, takes 12");
    assertStringIncludes(
      message(0, 0, 0x0b, 1, 0, 0, 0, 2, 1),
      "holds 1 bytes of elements; int16 of shape [2] takes 4",
    );
  });

  test("an array that cannot be written is refused with a reason", () => {
    const refused = (array: unknown, type: typeof RangeError | typeof TypeError, text: string) =>
      assertThrows(() => encodeIdx(array as IdxArray), type, text);
    const data = new Uint8Array(2);
    refused({ type: "uint8", shape: [3], data }, RangeError, "data has 2 elements; shape [3] means 3");
    refused({ type: "uint8", shape: [-2], data }, RangeError, "every size must be an integer");
    refused({ type: "uint8", shape: [2 ** 32, 0], data }, RangeError, "every size must be an integer");
    refused({ type: "uint8", shape: new Array(256).fill(1), data }, RangeError, "256 dimensions");
    refused({ type: "int8", shape: [2], data }, TypeError, "must be a Int8Array");
    refused({ type: "toString", shape: [2], data }, TypeError, "IDX knows uint8");
    assertThrows(() => parseIdx("bytes" as unknown as Uint8Array), TypeError, "must be a Uint8Array");
  });
});
