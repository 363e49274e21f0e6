/** Shaders in fewer characters. */
import { assertEquals } from "#std/assert";
import { test } from "node:test";
import { minified } from "../../gpu/minify.ts";

const SHADER = `// A comment.
override count: u32;
struct Arguments {
  rate: f32,
}
@group(0) @binding(0) var<storage, read_write> x: array<vec2f>;
@group(1) @binding(0) var<uniform> arguments: Arguments;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u) {
  let value = x[group.x]; // Another one.
  x[group.x] = value - -arguments.rate * f32(count);
}
`;

test("a shader keeps the names that its host reads, without its constants' declarations, builtins, swizzles, and the space between operators", () => {
  const [code] = minified([SHADER]);
  assertEquals(
    code,
    "struct Arguments{c:f32,}@group(0)@binding(0)var<storage,read_write>a:array<vec2f>;@group(1)@binding(0)var<uniform>d:Arguments;" +
      "@compute@workgroup_size(64)fn main(@builtin(workgroup_id)b:vec3u){let e=a[b.x];a[b.x]=e- -d.c*f32(count);}",
  );
});

test("a name of several shaders is one name in all of them", () => {
  const [first, second] = minified(["fn pull(near: f32) {}", "const alone = 1; fn pull(far: f32) {}"]);
  assertEquals([first, second], ["fn a(b:f32){}", "const b=1;fn a(c:f32){}"]);
});
