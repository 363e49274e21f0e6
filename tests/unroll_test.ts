/** Loops of shaders that are written out. */
import { describe, test } from "node:test";
import { assertEquals } from "#std/assert";
import { shaders } from "../src/engine/generated/shaders.ts";
import { hasUnrolledLoops, unrolled } from "../src/engine/webgpu/unroll.ts";

/** Without white space, which means nothing here. */
const tight = (code: string) => code.replace(/\s/g, "");

describe("a shader with loops to be written out", () => {
  test("has its body once for each number, whole words replaced, inner loops within outer ones", () => {
    const code = `override n: u32;
/* unroll */ for (var i = 0u; i < n; i++) {
  /* unroll */ for (var j = 0u; j < 4u; j += 2u) { a[i * 4u + j] = min(i, ij); }
}
b = { i };`;
    const block = (i: number) => `{{a[${i}u*4u+0u]=min(${i}u,ij);}{a[${i}u*4u+2u]=min(${i}u,ij);}}`;
    assertEquals(tight(unrolled(code, { n: 2 })), tight(`const n: u32 = u32(2); ${block(0)}${block(1)} b = { i };`));
  });

  test("may have no spaces", () => {
    const code = "override n:u32;/*unroll*/for(var a=0u;a<n;a+=2u){b[a]=0;}";
    assertEquals(tight(unrolled(code, { n: 4 })), tight("const n: u32 = u32(4); {b[0u]=0;} {b[2u]=0;}"));
  });

  test("has its constants in its text, each of its type", () => {
    const code = "override a: bool;\noverride b: bool;\noverride c: i32;";
    assertEquals(
      unrolled(code, { a: 0, b: 1, c: -3 }),
      "const a: bool = false;\nconst b: bool = true;\nconst c: i32 = i32(-3);",
    );
  });

  test("is told from others", () => {
    assertEquals(hasUnrolledLoops(shaders.convolution), true);
    assertEquals(hasUnrolledLoops(shaders.relu), false);
  });
});
