import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { describe, test } from "node:test";
import { brief, located } from "./failure.ts";
import { outcomesOf } from "./junit.ts";
import type { Outcome, TimedOutcome } from "./outcome.ts";
import { type Column, complaints, details, table } from "./table.ts";

const passed = (name: string): Outcome => ({ name, result: "passed" });
const file = (tests: Outcome[], rest: Partial<TimedOutcome> = {}): TimedOutcome => ({
  file: "tests/a_test.ts",
  tests,
  seconds: 1,
  ...rest,
});
const column = (name: string, here: Outcome, ...outcomes: TimedOutcome[]): Column => ({
  name,
  outcomes: [{ ...file([here]), file: "where" }, ...outcomes],
});
const deno = column("Deno 2", passed("runs in Deno 2.9.6"), file([passed("x"), passed("y")]));

describe("the matrix of runtimes", () => {
  test("has nothing to complain of where all ran where they should", () => {
    const other = column("Bun 1.4", passed("runs in Bun 1.4.5"), file([passed("x"), { name: "y", result: "skipped" }]));
    assertEquals(complaints([deno, other]), []);
    const text = table([deno, other], false);
    assertStringIncludes(text, "1+1");
    for (const version of ["Deno 2.9.6", "Bun 1.4.5"]) assertStringIncludes(text, version);
  });

  const cases: [string, Column, string][] = [
    ["no test passed", column("Bun", passed("runs in Bun 1"), file([], { skipped: "no files" })), "no test passed"],
    ["a file has no test", column("Bun", passed("runs in Bun 1"), file([])), "has no test"],
    [
      "a test failed",
      column("Bun", passed("runs in Bun 1"), file([passed("x"), { name: "y", result: "failed" }])),
      "failed: y",
    ],
    ["a test is missing", column("Bun", passed("runs in Bun 1"), file([passed("x")])), "1 tests, but 2 in Deno 2"],
    [
      "a file broke off",
      column("Bun", passed("runs in Bun 1"), file([passed("x")], { error: "killed" })),
      "to its end",
    ],
    [
      "it is another runtime",
      column("Bun", { name: "runs in Node 24", result: "failed" }, file([])),
      "where they should",
    ],
  ];
  for (const [what, other, complaint] of cases) {
    test(`fails where ${what}`, () => {
      const found = complaints([deno, other]);
      assert(found.some((one) => one.startsWith("Bun: ") && one.includes(complaint)), found.join("\n"));
    });
  }
});

describe("JUnit reports", () => {
  test("are read with their results and reasons, groups left out", () => {
    const report = `<testsuites><testsuite name="s"><testcase name="group" time="1"></testcase>
      <testcase name="group &gt; one &quot;a&quot;" time="1"/>
      <testcase name="group &gt; two"><skipped message="no files"/></testcase>
      <testcase name="three"><failure message="m">1 &lt; 2</failure></testcase></testsuite></testsuites>`;
    const outcomes = outcomesOf(report);
    assertEquals(outcomes.slice(0, 2), [
      { name: 'group > one "a"', result: "passed" },
      { name: "group > two", result: "skipped", why: "no files" },
    ]);
    assertEquals(outcomes.length, 3);
    assertStringIncludes(outcomes[2]!.why!, "1 < 2");
  });

  test("are read where > stands as itself in a name, as Node writes it", () => {
    const report = `<testcase name="28 -> 32" time="1"/>
      <testcase name="1 -> 2"><skipped type="skipped" message="a -> b"/></testcase>
      <testcase name="last" time="1"/>`;
    assertEquals(outcomesOf(report), [
      { name: "28 -> 32", result: "passed" },
      { name: "1 -> 2", result: "skipped", why: "a -> b" },
      { name: "last", result: "passed" },
    ]);
  });
});

describe("a failure", () => {
  const why =
    "AssertionError: word 7\n+ actual - expected\n\n    at assertEquals (file:///t/tests/support/assert.ts:13:3)\n" +
    "    at NodeTestContext.<anonymous> (file:///t/tests/engine/threads_test.ts:69:5)";
  const firefox =
    "no other thread did a share\nok@http://localhost:4/module.js:4:21\nrun@http://localhost:4/module.js:9:3";

  test("is told with its message and where, where all failures are listed and where the file is", () => {
    const other = column("Bun", passed("runs in Bun 1"), file([{ name: "x", result: "failed", why }, passed("y")]));
    const found = complaints([deno, other]);
    assertEquals(found, [
      "Bun: tests/a_test.ts: failed: x: AssertionError: word 7 (at tests/engine/threads_test.ts:69)",
    ]);
    assertStringIncludes(details(other.outcomes[1]!), why);
    const broken = column("Bun", passed("runs in Bun 1"), file([], { error: "bun ended with 9:\nkilled" }));
    assertEquals(complaints([deno, broken]).at(-1), "Bun: tests/a_test.ts did not run to its end: bun ended with 9:");
  });

  test("of a property tells what caused it, and one without a message says so", () => {
    assertEquals(
      brief(
        "Error: Property failed after 1 tests\n{ seed: 1 }\n    at assert (a.js:1:2)\nCaused by: Error: sgd differs\n    at b (c.js:2:3)",
      ),
      "Error: Property failed after 1 tests / Caused by: Error: sgd differs",
    );
    assertEquals([brief(""), brief("\n  at x (a.js:1:2)")], ["no message", "no message"]);
  });

  test("in a bundle is found in the file that the bundle took it from", () => {
    const [first, second] = [`import { outcomesOf } from "./junit.ts";`, "this is nowhere(else);"];
    const bundle = [
      "// tests/support/assert.ts",
      "a();",
      "// tests/runtimes/table_test.ts",
      first,
      "",
      "",
      "",
      "",
      second,
    ]
      .join("\n");
    const { tests } = located(
      { file: "a", tests: [{ name: "x", result: "failed", why: firefox }] },
      new TextEncoder().encode(bundle),
    );
    const [, one, two] = tests[0]!.why!.split("\n");
    assertEquals(one, "ok@tests/runtimes/table_test.ts:4");
    assertEquals(two, "run@tests/runtimes/table_test.ts, in this is nowhere(else);");
  });

  test("of a group is left out of a report where a test in it failed, and its text is read without its tags", () => {
    const report = `<testcase name="g"><failure message="1 test step failed">1 test step failed.</failure></testcase>
      <testcase name="g &gt; a"><failure message="Uncaught Error: b &lt; c">Error: b &lt; c&#10;    at d</failure></testcase>
      <testcase name="h"><failure type="x" message="why"/></testcase>
      <testcase name="i"><failure message="why">where</failure></testcase>`;
    assertEquals(outcomesOf(report).map(({ name, why }) => [name, why]), [
      ["g > a", "Error: b < c\n    at d"],
      ["h", "why\n"],
      ["i", "why\nwhere"],
    ]);
  });
});
