/** Reads the JUnit reports of Deno, Bun and Node. */
import type { Outcome } from "./outcome.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

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

/** The tests of a report, without the groups that hold them: Deno lists those too, as tests whose name begins others. */
export function outcomesOf(report: string): Outcome[] {
  const outcomes: Outcome[] = [];
  for (
    const [, tag, empty, body = ""] of report.matchAll(
      /<testcase\b((?:[^>"]|"[^"]*")*?)(?:(\/)>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    const inside = empty ? "" : body;
    const skip = /<skipped\b(?:[^>"]|"[^"]*")*>/.exec(inside),
      failure = /<(?:failure|error)\b(?:[^>"]|"[^"]*")*>([\s\S]*)/.exec(inside);
    const why = skip ? attribute(skip[0], "message") : failure && unescaped(failure[0].slice(0, 2000));
    outcomes.push({
      name: attribute(tag!, "name") ?? "",
      result: skip ? "skipped" : failure ? "failed" : "passed",
      ...(why && { why }),
    });
  }
  const names = outcomes.map(({ name }) => name);
  const isGroup = (name: string) => names.some((other) => other.startsWith(`${name} > `));
  // A group that failed although all its tests passed is told of all the same.
  return outcomes.filter(({ name, result }) => result === "failed" || !isGroup(name));
}
