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

  test("may have no spaces", () => {
    const code = "override n:u32;/*unroll*/for(var a=0u;a<n;a+=2u){b[a]=0;}";
    assertEquals(tight(compilable(code, { n: 4 })), tight("const n = u32(4); {b[0u]=0;} {b[2u]=0;}"));
  });

  test("has its constants in its text, each of its type, declared or not", () => {
    const constants = { a: false, b: true, c: -3, d: 4 };
    const text = "const a = false;const b = true;const c = i32(-3);const d = u32(4);";
    for (
      const code of ["override a: bool;\noverride b: bool;\noverride c: i32;\noverride d: u32;", "override c:i32;"]
    ) {
      assertEquals(compilable(code, constants).replaceAll("\n", ""), text);
    }
  });
});
