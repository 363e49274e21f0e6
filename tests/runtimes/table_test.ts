import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { describe, test } from "node:test";
import { outcomesOf } from "./junit.ts";
import type { Outcome, TimedOutcome } from "./outcome.ts";
import { type Column, complaints, table } from "./table.ts";

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
