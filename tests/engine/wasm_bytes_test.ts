/** The kernels' way from text to the two builds. */
import { assert, assertEquals } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { sectionsOf } from "../../src/engine/cpu/wasm/binary.ts";
import { wasmBytes } from "../../src/engine/cpu/wasm/bytes.ts";
import { MADD } from "../../src/engine/cpu/wasm/rounded.ts";
import { commonBytes, fromText, toText } from "../../src/engine/cpu/wasm/text.ts";

/** How often the instruction that multiplies and adds stands in a module. */
function multiplyAdds(bytes: Uint8Array): number {
  return bytes.filter((_, i) => MADD.every((byte, k) => bytes[i + k] === byte)).length;
}

describe("bytes as text", () => {
  test("come back, whichever are common", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 500 }), (bytes, others) => {
      for (const common of [commonBytes(bytes), commonBytes(others)]) {
        const text = toText(bytes, common);
        assert(/^[#-~]*$/.test(text));
        assertEquals([...fromText(text, common)], [...bytes]);
      }
    }));
  });

  test("take a character each, but the rare ones", () => {
    const bytes = Uint8Array.from({ length: 90 }, (_, i) => 255 - i);
    assertEquals(toText(bytes, commonBytes(bytes)).length, 90);
    assertEquals(toText(Uint8Array.of(0), commonBytes(bytes)).length, 2);
  });
});

describe("the simd128 build", () => {
  const relaxed = wasmBytes("relaxed"), simd128 = wasmBytes("simd128");

  test("has no instruction of relaxed SIMD left", () => {
    assert(multiplyAdds(relaxed) > 100);
    assertEquals(multiplyAdds(simd128), 0);
    assert(WebAssembly.validate(simd128));
  });

  test("is the relaxed one in all but its code", () => {
    const sections = sectionsOf(relaxed), rounded = sectionsOf(simd128);
    assertEquals(rounded.map(([id]) => id), sections.map(([id]) => id));
    for (const [i, [id, contents]] of rounded.entries()) {
      if (id !== 10) assertEquals([...Array.from(contents)], [...Array.from(sections[i]![1])]);
    }
  });
});
