/** What is said of a failed test: its message, and where in the tests it was thrown. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileOutcome } from "./outcome.ts";
import { checkout } from "./tools.ts";

/** A line of a call stack, as V8 and JavaScriptCore or as Firefox write it. */
const STACK = /^\s*(?:at |\S*@(?:\S*:\d+|tests\/))/;
/** A place in the tests, but for the assertions themselves and what stands for a test runner. */
const PLACE = /tests\/(?!support\/assert\.ts|runtimes\/page\/)[\w/.-]+\.ts(?::\d+|, in .*)/;

/** Characters of a message that are told in a list of many. */
const LONGEST = 300;

/** The message in one line, with what caused it, and the first place in the tests that the call stack names. */
export function brief(why: string): string {
  const lines = why.split("\n"), isMessage = (line: string) => line.trim() !== "" && !STACK.test(line);
  const messages = [lines.find(isMessage), ...lines.filter((line) => /^\s*(?:Caused by|\[cause\]): /.test(line))];
  const place = PLACE.exec(lines.find((line) => STACK.test(line) && PLACE.test(line)) ?? "")?.[0];
  const message = messages.filter(Boolean).map((line) => line!.trim()).join(" / ");
  return `${message.slice(0, LONGEST) || "no message"}${place ? ` (at ${place})` : ""}`;
}

/** Where a line of a bundle comes from: its file, and there the only line with the same code, or the code itself. */
function origin(lines: readonly string[], line: number): string | undefined {
  // The bundler says so in a comment before what it took from a file.
  const comment = lines.slice(0, line).findLast((text) => /^\s*\/\/ \S+\.[cm]?[jt]s$/.test(text));
  const file = comment?.trim().slice(3), code = lines[line - 1]?.trim();
  if (!file?.endsWith(".ts") || !code) return undefined;
  const path = join(checkout, file), source = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const same = source.flatMap((text, i) => text.trim() === code ? [i + 1] : []);
  return same.length === 1 ? `${file}:${same[0]}` : `${file}, in ${code.slice(0, 80)}`;
}

/** What a bundle gave, with places in the files that it was made of instead of places in it. */
export function located(outcome: FileOutcome, bundle: Uint8Array): FileOutcome {
  const lines = new TextDecoder().decode(bundle).split("\n");
  const place = (text: string): string =>
    text.replace(/(?:http:\/\/localhost:\d+\/module\.js|\bworker):(\d+):\d+/g, (whole, line) => {
      return origin(lines, Number(line)) ?? whole;
    });
  const { error, tests } = outcome;
  return {
    ...outcome,
    tests: tests.map((test) => test.result === "failed" && test.why ? { ...test, why: place(test.why) } : test),
    ...(error && { error: place(error) }),
  };
}
