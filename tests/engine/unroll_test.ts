/** Shaders as they are compiled. */
import { describe, test } from "node:test";
import { assertEquals } from "#std/assert";
import { compilable } from "../../src/engine/webgpu/unroll.ts";

describe("a shader as it is compiled", () => {
  test("has the body of a marked loop once for each number, whole words replaced, inner loops within outer ones", () => {
    const code = "@unroll(i=0u;i<n;i++){@unroll(j=0u;j<4u;j+=2u){a[i*4u+j]=min(i,ij);}}b={i};";
    const block = (i: number) => `{{a[${i}u*4u+0u]=min(${i}u,ij);}\n{a[${i}u*4u+2u]=min(${i}u,ij);}}`;
    assertEquals(compilable(code, { n: 2 }), `const n=u32(2);${block(0)}\n${block(1)}b={i};`);
  });

  test("has its constants in its text, each of its type", () => {
    assertEquals(
      compilable("override c:i32;override d:i32;fn f(){}", { a: false, b: true, c: -3, d: 4, e: 5 }),
      "const e=u32(5);const d=i32(4);const c=i32(-3);const b=bool(true);const a=bool(false);fn f(){}",
    );
  });
});
