/** Reads the JUnit reports of Deno, Bun and Node. */
import type { Outcome } from "./outcome.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

/** Characters that are kept of a failure. */
const LONGEST = 6000;

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (whole, decimal, hex, name) => {
      if (name) return ENTITIES[name] ?? whole;
      return String.fromCodePoint(
        decimal ? Number(decimal) : parseInt(hex, 16),
      );
    },
  );
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return found ? unescaped(found[1]!) : undefined;
}

/** What a failed test says: its message, unless that stands in the text of the failure as well, and that text. */
function reasonOf(tag: string, body: string): string {
  const message = (attribute(tag, "message") ?? "").replace(/^Uncaught /, "").trim();
  const text = unescaped(body).trim().slice(0, LONGEST);
  return text.includes(message) ? text : `${message}\n${text}`;
}

/**
 * The tests of a report, without the groups that hold them: Deno lists those too, as tests whose name begins others.
 */
export function outcomesOf(report: string): Outcome[] {
  const outcomes: Outcome[] = [];
  for (
    const [, tag, empty, body = ""] of report.matchAll(
      /<testcase\b((?:[^>"]|"[^"]*")*?)(?:(\/)>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    const inside = empty ? "" : body;
    const skip = /<skipped\b(?:[^>"]|"[^"]*")*>/.exec(inside),
      failure = /(<(?:failure|error)\b(?:[^>"]|"[^"]*")*>)(?:([\s\S]*?)<\/(?:failure|error)>)?/.exec(inside);
    const why = skip ? attribute(skip[0], "message") : failure && reasonOf(failure[1]!, failure[2] ?? "");
    outcomes.push({
      name: attribute(tag!, "name") ?? "",
      result: skip ? "skipped" : failure ? "failed" : "passed",
      ...(why && { why }),
    });
  }
  // A group that failed although all its tests passed is told of all the same.
  return outcomes.filter(({ name, result }) => {
    const within = outcomes.filter((other) => other.name.startsWith(`${name} > `));
    return within.length === 0 || result === "failed" && !within.some((other) => other.result === "failed");
  });
}
