/** How the build finds the kernels whose work is in shares. */
import { assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { sharedKernels } from "../../assembly/call_graph.ts";

/**
 * A module's text: functions with their instructions, each exported under its name but those that begin with an
 * underscore.
 */
function moduleOf(functions: Record<string, string>): string {
  const names = Object.keys(functions);
  const exports = names.filter((name) => !name.startsWith("_")).map((name) => ` (export "${name}" (func $a/${name}))`);
  const bodies = Object.entries(functions).map(([name, body]) => ` (func $a/${name} (param $0 i32)\n  ${body}\n )`);
  return ["(module", " (memory $0 1)", ...exports, ...bodies, ")", ""].join("\n");
}

const TAKES = "(i64.atomic.rmw.cmpxchg (i32.const 0) (i64.const 0) (i64.const 1))";

describe("the kernels whose work is in shares", () => {
  test("are those that take one themselves or by what they call, over any number of calls", () => {
    const text = moduleOf({
      late: "(call $a/_middle)",
      _middle: "(if (i32.const 1) (then call $a/_next))",
      _next: TAKES,
      inlined: `(block ${TAKES})`,
      alone: "(call $a/_other)",
      _other: "(call $a/alone)",
      tail: "(return_call $a/_next)",
    });
    assertEquals(sharedKernels(text), ["inlined", "late", "tail"]);
  });

  test("are not guessed where the text does not tell", () => {
    assertThrows(() => sharedKernels(moduleOf({ alone: "nop" })), Error, "no function of the kernels has");
    const indirect = moduleOf({ one: TAKES, two: "(call_indirect (type $0) (i32.const 1))" });
    assertThrows(() => sharedKernels(indirect), Error, "$a/two calls a function that only its pointer tells");
    assertThrows(
      () => sharedKernels(moduleOf({ one: TAKES, two: "(call $b/far)" })),
      Error,
      "calls $b/far, which is not",
    );
  });
});
