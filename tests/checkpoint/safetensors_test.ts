import { assert, assertEquals, assertNotEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { Dtype, Tensor } from "../../src/checkpoint/tensor.ts";
import { DTYPES, elementBytes, reverseElements, tensorFromBytes } from "../../src/checkpoint/tensor.ts";
import { changed, onlyCheckpointErrors } from "../support/damaged_checkpoints.ts";

/** A file with this header, its length and these bytes of data. */
function file(header: string, data: number | Uint8Array = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const tail = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + tail.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(tail, 8 + text.length);
  return bytes;
}

const anyTensor: fc.Arbitrary<Tensor> = fc.record({
  dtype: fc.constantFrom(...DTYPES as Dtype[]),
  shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  seed: fc.nat(255),
}).map(({ dtype, shape, seed }) => {
  const length = shape.reduce((product, dimension) => product * dimension, 1) * elementBytes(dtype);
  return tensorFromBytes(dtype, shape, Uint8Array.from({ length }, (_, i) => (i * 37 + seed) & 255));
});
const anyName = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "7", 'a"b\\c\n', "é\u{1f600}"),
)
  .filter((name) => name !== "__metadata__" && name.isWellFormed());
const anyTensors = fc.uniqueArray(fc.tuple(anyName, anyTensor), { selector: ([name]) => name, maxLength: 6 });
const anyMetadata = fc.array(fc.tuple(anyName, fc.string({ unit: "binary" }).filter((text) => text.isWellFormed())))
  .map((pairs) => Object.fromEntries(pairs));

const bytesOf = ({ data }: Tensor) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

describe("safetensors", () => {
  test("whatever is written is read again, bit for bit", () => {
    fc.assert(fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
      const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata));
      assertEquals(decoded.tensors.size, tensors.length);
      for (const [name, tensor] of tensors) {
        const again = decoded.tensors.get(name)!;
        assertEquals([again.dtype, again.shape], [tensor.dtype, tensor.shape]);
        assertEquals(again.data.constructor, tensor.data.constructor);
        assertEquals(bytesOf(again), bytesOf(tensor));
      }
      assertEquals(Object.entries(decoded.metadata).sort(), Object.entries(metadata).sort());
    }));
  });

  test("the same tensors in another order give the same bytes", () => {
    fc.assert(fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
      const reversed = Object.fromEntries(Object.entries(metadata).reverse());
      assertEquals(encodeSafetensors([...tensors].reverse(), reversed), encodeSafetensors(tensors, metadata));
    }));
  });

  test("writes exactly these bytes, every tensor aligned to its elements", () => {
    const bytes = encodeSafetensors([
      ["b", { dtype: "U8", shape: [1], data: Uint8Array.of(7) }],
      ["2", { dtype: "F32", shape: [1, 1], data: Float32Array.of(1) }],
      ["10", { dtype: "F32", shape: [], data: Float32Array.of(-2) }],
      ["a", { dtype: "I64", shape: [1], data: BigInt64Array.of(-1n) }],
    ], { z: "1", k: "2" });
    const header = '{"__metadata__":{"k":"2","z":"1"},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
      '"10":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"2":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]},' +
      '"b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}';
    const data = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 192, 0, 0, 128, 63, 7);
    assertEquals(bytes, file(header.padEnd(Math.ceil(header.length / 8) * 8), data));
  });

  test("reads a file written by hand, with white space, escapes, empty and single elements", () => {
    const header = `{ "w\\u0041" : {"data_offsets":[4,8], "shape":[ 1 ,\t1] ,\n"dtype":"F32"},
      "scalar":{"dtype":"I32","shape":[],"data_offsets":[0,4]},
      "none":{"dtype":"F64","shape":[3,0],"data_offsets":[4,4]}, "__metadata__":{"format":"pt"}}   `;
    const { tensors, metadata } = decodeSafetensors(file(header, Uint8Array.of(254, 255, 255, 255, 0, 0, 128, 63)));
    assertEquals([...tensors.keys()], ["wA", "scalar", "none"]);
    assertEquals(tensors.get("wA"), { dtype: "F32", shape: [1, 1], data: Float32Array.of(1) });
    assertEquals(tensors.get("scalar"), { dtype: "I32", shape: [], data: Int32Array.of(-2) });
    assertEquals(tensors.get("none"), { dtype: "F64", shape: [3, 0], data: new Float64Array(0) });
    assertEquals(metadata, { format: "pt" });
  });

  test("reads bytes at any address and copies them, from a Buffer too", () => {
    const bytes = encodeSafetensors([["w", { dtype: "F64", shape: [2], data: Float64Array.of(1, 2) }]]);
    for (let shift = 0; shift < 8; shift++) {
      for (const make of [(n: number) => new Uint8Array(n), (n: number) => Buffer.alloc(n)]) {
        const shifted = make(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const { tensors } = decodeSafetensors(shifted);
        shifted.fill(0);
        assertEquals(tensors.get("w")!.data, Float64Array.of(1, 2));
      }
    }
  });

  test("a header name like __proto__ is a name and nothing more", () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"__metadata__":{"__proto__":"x"}}';
    const { tensors, metadata } = decodeSafetensors(file(header, 1));
    assertEquals([...tensors.keys()], ["__proto__"]);
    assertEquals(Object.entries(metadata), [["__proto__", "x"]]);
    assertEquals(({} as Record<string, unknown>).x, undefined);
  });

  test("reversing the bytes of elements turns one endianness into the other", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    reverseElements(bytes, 4);
    assertEquals(bytes, Uint8Array.of(4, 3, 2, 1, 8, 7, 6, 5));
    reverseElements(bytes, 1);
    assertEquals(bytes, Uint8Array.of(4, 3, 2, 1, 8, 7, 6, 5));
  });
});

describe("a malformed safetensors file is refused", () => {
  const u8 = (from: number, to: number, shape = `[${to - from}]`) =>
    `{"dtype":"U8","shape":${shape},"data_offsets":[${from},${to}]}`;
  const cases: [string, Uint8Array, string][] = [
    ["without a header length", new Uint8Array(7), "found 7 bytes"],
    ["with a header beyond the end", file('{"a":1}').subarray(0, 12), "is it cut off?"],
    [
      "with a header beyond 100 MB",
      Uint8Array.of(1, 225, 245, 5, 0, 0, 0, 0),
      "100000001 bytes; expected at most 100000000",
    ],
    ["with a header length of 64 bits", new Uint8Array(8).fill(255), "is this a safetensors file?"],
    ["with no header", file(""), "an empty header"],
    ["with a header that is an array", file("[]"), 'starting with "{"'],
    ["with a space before the header", file(" {}"), 'starting with "{"'],
    ["with a byte order mark", file("\ufeff{}"), 'starting with "{"'],
    ["with a header that is not UTF-8", file("{}", 0).map((byte, i) => i === 9 ? 0xff : byte), "UTF-8"],
    ["with a header that does not end", file('{"a":'), "the end of the text"],
    ["with a name that does not end", file('{"a'), "no end"],
    ["with a name that ends in a backslash", file('{"a\\'), "no end"],
    ["with something behind the header", file("{} {}"), 'found "{"'],
    ["with a comma too many", file(`{"a":${u8(0, 1)},}`, 1), "expected a string"],
    ["with a name twice", file(`{"a":${u8(0, 1)},"a":${u8(1, 2)}}`, 2), 'key "a" a second time'],
    ["with a name twice, once escaped", file(`{"a":${u8(0, 1)},"\\u0061":${u8(1, 2)}}`, 2), 'key "a" a second time'],
    ["with two metadata", file('{"__metadata__":{},"__metadata__":{}}'), "a second time"],
    ["with a metadata key twice", file('{"__metadata__":{"a":"1","a":"1"}}'), "a second time"],
    ["with metadata that is no text", file('{"__metadata__":{"a":1}}'), "a string"],
    ["with metadata null", file('{"__metadata__":null}'), 'expected "{"'],
    [
      "with a type given twice",
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
      "a second",
    ],
    ["with an unknown type", file(`{"a":${u8(0, 1).replace("U8", "F8_E4M3")}}`, 1), "one of F64, F32"],
    ["with a type of Object.prototype", file(`{"a":${u8(0, 1).replace("U8", "constructor")}}`, 1), "one of F64"],
    ["with an unknown key", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}', 1), 'key "x"'],
    ["with half a surrogate pair for a name", file(`{"\\ud800":${u8(0, 1)}}`, 1), "not Unicode"],
    ["without offsets", file('{"a":{"dtype":"U8","shape":[1]}}', 1), "incomplete"],
    ["with one offset", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', 1), "incomplete"],
    ["with three offsets", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1), "at most 2"],
    ["with a negative dimension", file(`{"a":${u8(0, 1, "[-1]")}}`, 1), "integer from 0"],
    ["with a fractional dimension", file(`{"a":${u8(0, 1, "[1.0]")}}`, 1), 'found "."'],
    ["with an exponent", file(`{"a":${u8(0, 1, "[1e0]")}}`, 1), 'found "e"'],
    ["with a leading zero", file(`{"a":${u8(0, 1, "[01]")}}`, 1), 'number "01"'],
    ["with a dimension beyond 2^53", file(`{"a":${u8(0, 1, "[9007199254740993]")}}`, 1), "2^53"],
    ["with a shape beyond all memory", file(`{"a":${u8(0, 1, "[4294967296,4294967296]")}}`, 1), "fewer elements"],
    ["with such a shape times 0", file(`{"a":${u8(0, 0, "[0,4294967296,4294967296]")}}`), "fewer elements"],
    [
      "with more dimensions than any tensor has",
      file(`{"a":${u8(0, 1, `[${Array(65).fill(1)}]`)}}`, 1),
      "more than 64",
    ],
    ["with a shape that does not fit", file(`{"a":${u8(0, 2, "[3]")}}`, 2), "expected 3 bytes"],
    ["with offsets in reverse", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1), "from byte 1 to 0"],
    ["with a tensor beyond the end", file(`{"a":${u8(0, 4)}}`, 3), "at most 3"],
    ["with a gap before", file(`{"a":${u8(1, 2)}}`, 2), "no gaps"],
    ["with a gap between", file(`{"a":${u8(0, 1)},"b":${u8(2, 3)}}`, 3), "no gaps"],
    ["with an overlap", file(`{"a":${u8(0, 2)},"b":${u8(1, 3)}}`, 3), "no overlaps"],
    ["with bytes left over", file(`{"a":${u8(0, 2)}}`, 3), "found 3 bytes of data; expected 2"],
    ["with data and no tensor", file("{}", 1), "found 1 bytes of data; expected 0"],
  ];
  for (const [what, bytes, message] of cases) {
    test(what, () => {
      const error = assertThrows(() => decodeSafetensors(bytes, "net.safetensors"), CheckpointError, message);
      assert(error.message.startsWith("net.safetensors: found "));
      assertEquals(error.file, "net.safetensors");
    });
  }

  test("without filling the memory, when many tensors claim the same bytes", () => {
    const size = 2 ** 20;
    const members = Array.from({ length: 10_000 }, (_, i) => `"${i}":${u8(0, size)}`);
    assertThrows(() => decodeSafetensors(file(`{${members.join(",")}}`, size)), CheckpointError, "no overlaps");
  });

  test("without running out of stack, when the header is nested without end", () => {
    for (const nest of ["[", '{"a":']) {
      assertThrows(() => decodeSafetensors(file(`{"a":${nest.repeat(200_000)}`)), CheckpointError);
    }
  });

  test("whatever bytes come, nothing but a CheckpointError is thrown", () => {
    const tryDecoding = onlyCheckpointErrors(decodeSafetensors);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), tryDecoding));
    fc.assert(fc.property(fc.json(), fc.nat(9), (json, length) => tryDecoding(file(json, length))));
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const property = fc.property(anyTensors, anyMetadata, mutations, fc.nat(), (tensors, metadata, changes, cut) => {
      const bytes = encodeSafetensors(tensors, metadata);
      tryDecoding(bytes.subarray(0, cut % bytes.length));
      tryDecoding(changed(bytes, changes));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("every cut of a valid file is noticed", () => {
    const bytes = encodeSafetensors([["w", { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) }]]);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => decodeSafetensors(bytes.subarray(0, length)), CheckpointError);
    }
  });

  test("what is no Uint8Array is a TypeError", () => {
    assertThrows(() => decodeSafetensors("{}" as unknown as Uint8Array), TypeError, "Uint8Array");
  });
});

describe("encodeSafetensors refuses", () => {
  const one: Tensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) };

  test("names that are reserved, given twice or no Unicode", () => {
    assertThrows(() => encodeSafetensors([["__metadata__", one]]), RangeError, "reserved");
    assertThrows(() => encodeSafetensors([["a", one], ["a", one]]), RangeError, "given twice");
    assertThrows(() => encodeSafetensors([["\ud800", one]]), RangeError, "surrogate");
  });

  test("data that are not of the type or do not fit the shape", () => {
    const wrong = { dtype: "F32", shape: [1], data: Float64Array.of(1) } as unknown as Tensor;
    assertThrows(() => encodeSafetensors([["a", wrong]]), TypeError, "holds F32");
    assertThrows(() => encodeSafetensors([["a", { ...one, dtype: "F8" } as unknown as Tensor]]), TypeError, "F8");
    for (const shape of [[2], [1, 0], [-1], [0.5, 2]]) {
      assertThrows(() => encodeSafetensors([["a", { ...one, shape } as Tensor]]), RangeError, "do not fit shape");
    }
  });

  test("metadata that are no text", () => {
    assertThrows(() => encodeSafetensors([], { a: 1 as unknown as string }), TypeError, "a is 1");
    assertNotEquals(encodeSafetensors([], { a: "1" }), encodeSafetensors([]));
  });
});
