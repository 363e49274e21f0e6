/** Shaders in fewer characters. */
import { assertEquals } from "#std/assert";
import { test } from "node:test";
import { minified } from "../../gpu/minify.ts";

const SHADER = `// A comment.
override start: i32;
struct State {
  done: u32,
}

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u) {
  let value = sums[group.x]; // Another one.
  /* unroll */ for (var k = 0u; k < count; k++) {
    sums[k] = value - -A[k].done * vec2f(start, 1.0e-3);
  }
}
`;

test("a shader keeps the names that its host reads, its constants', builtins, components, and the space between operators", () => {
  assertEquals(minified([SHADER], ["main", "State"]), [
    "override start:i32;struct State{c:u32,}var<workgroup>b:array<vec2f,64>;" +
    "@compute@workgroup_size(64)fn main(@builtin(workgroup_id)d:vec3u){let e=b[d.x];" +
    "/*unroll*/for(var a=0u;a<count;a++){b[a]=e- -A[a].c*vec2f(start,1.0e-3);}}",
  ]);
});

test("a name of several shaders is one name in all of them", () => {
  const [first, second] = minified(["fn pull(near: f32) {}", "const alone = 1;\nfn pull(far: f32) {}"], []);
  assertEquals([first, second], ["fn a(b:f32){}", "const b=1;fn a(b:f32){}"]);
});

test("names of different functions may become the same, but none that is declared outside of them", () => {
  const [code] = minified(["const half = 2;\nfn a1() {\n  let x = half;\n}\n\nfn a2() {\n  let y = half;\n}\n"], []);
  assertEquals(code, "const a=2;fn b(){let c=a;}fn c(){let b=a;}");
});
