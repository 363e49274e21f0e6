/** Shaders as they are compiled. */
import { describe, test } from "node:test";
import { assertEquals } from "#std/assert";
import { compilable } from "../../src/engine/webgpu/unroll.ts";

/** Without white space, which means nothing here. */
const tight = (code: string) => code.replace(/\s/g, "");

describe("a shader as it is compiled", () => {
  test("has the body of a marked loop once for each number, whole words replaced, inner loops within outer ones", () => {
    const code = `override n: u32;
/* unroll */ for (var i = 0u; i < n; i++) {
  /* unroll */ for (var j = 0u; j < 4u; j += 2u) { a[i * 4u + j] = min(i, ij); }
}
b = { i };`;
    const block = (i: number) => `{{a[${i}u*4u+0u]=min(${i}u,ij);}{a[${i}u*4u+2u]=min(${i}u,ij);}}`;
    assertEquals(tight(compilable(code, { n: 2 })), tight(`const n = u32(2); ${block(0)}${block(1)} b = { i };`));
  });

  test("has its constants in its text, each of its type, and none that it does not declare", () => {
    const constants = { a: false, b: true, c: -3, d: 4, e: 5 };
    assertEquals(
      compilable("override a: bool;\noverride b: bool;\noverride c: i32;\noverride d: u32;\nfn f() {}", constants),
      "const a = bool(false);\nconst b = bool(true);\nconst c = i32(-3);\nconst d = u32(4);\nfn f() {}",
    );
  });
});
