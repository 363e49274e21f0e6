/** The rules of the house, read from the source: which room may import which, and what no room may touch. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "#std/assert";

/** What each room may import beside itself and `checks` and `random`, which everyone may. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  checks: [],
  random: [],
  nn: [],
  metrics: [],
  privacy: [],
  release: ["nn", "engine"],
  runtime: [],
  engine: ["nn", "runtime"],
  data: ["runtime"],
  checkpoint: ["nn", "runtime"],
  suppress: ["nn", "engine"],
  train: ["nn", "engine", "suppress", "data", "checkpoint", "metrics", "privacy", "runtime"],
  attack: ["nn", "engine", "metrics", "train"],
};
/** Packages, and the files of `src` that may import them. */
const PACKAGES: Readonly<Record<string, RegExp>> = { fflate: /^data\//, "node:": /^runtime\// };
const EVERYONE = ["checks", "random"];

const src = fileURLToPath(new URL("../../src/", import.meta.url));
/** Every file of `src` by its path there, but for those that a build writes. */
const files: ReadonlyMap<string, string> = new Map(
  readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.includes("/generated/"))
    .map((path) => [path, readFileSync(join(src, path), "utf8")]),
);

/** The code without comments. Strings stay: template strings hold code. */
function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/.*/g;
  return text.replace(token, (found) => found.startsWith("/") ? " " : found);
}

/** What a file imports, statically or not, or exports from elsewhere. */
function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g);
  return Array.from(found, ([, , specifier]) => specifier!);
}

const roomOf = (path: string) => path.split("/")[0]!;

/** Every import that breaks the rules, as "file imports what". */
function trespasses(all: ReadonlyMap<string, string>): string[] {
  return [...all].flatMap(([path, text]) =>
    importsOf(text).filter((specifier) => {
      if (!specifier.startsWith(".")) {
        return !Object.entries(PACKAGES).some(([name, rooms]) => specifier.startsWith(name) && rooms.test(path));
      }
      const target = join(dirname(path), specifier).replaceAll("\\", "/");
      const allowed = [roomOf(path), ...(MAY_IMPORT[roomOf(path)] ?? []), ...EVERYONE];
      return target.startsWith("..") || !allowed.includes(roomOf(target));
    }).map((specifier) => `${path} imports ${specifier}`)
  );
}

/**
 * Every circle of imports, those of types included, as the files that it goes through: the shortest for each file on
 * one.
 */
function circles(all: ReadonlyMap<string, string>): string[] {
  const imports = new Map(
    [...all].map(([path, text]) => [
      path,
      importsOf(text).map((one) => join(dirname(path), one).replaceAll("\\", "/")).filter((one) => all.has(one)),
    ]),
  );
  const found = [...imports.keys()].flatMap((start) => {
    const before = new Map<string, string>(), queue = [start];
    for (const path of queue) {
      for (const next of imports.get(path)!) {
        if (before.has(next)) continue;
        before.set(next, path);
        queue.push(next);
      }
    }
    if (!before.has(start)) return [];
    const circle = [start];
    for (let at = before.get(start)!; at !== start; at = before.get(at)!) circle.unshift(at);
    const least = circle.indexOf(circle.toSorted()[0]!);
    return [[...circle.slice(least), ...circle.slice(0, least)].join(" -> ")];
  });
  return [...new Set(found)];
}

/** Every place that uses what `pattern` finds, as "file: what", in the files whose path `where` accepts. */
function uses(all: ReadonlyMap<string, string>, pattern: RegExp, where: (path: string) => boolean): string[] {
  return [...all].filter(([path]) => where(path)).flatMap(([path, text]) =>
    Array.from(withoutComments(text).matchAll(pattern), ([found]) => `${path}: ${found}`)
  );
}

const SURROUNDINGS =
  /\b(?:Date\.now|new Date|performance\.now|Math\.random|console\.|Deno\.|process\.|Bun\.|set(?:Timeout|Interval)\b)/g;
const INEXACT =
  /\bMath\.(?:exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|cbrt)\b/g;
const outside = (...rooms: string[]) => (path: string) => !rooms.includes(roomOf(path));
const inside = (...rooms: string[]) => (path: string) => rooms.includes(roomOf(path));

describe("the house", () => {
  test("has the rooms of the plan, each with its rule", () => {
    assertEquals([...new Set([...files.keys()].map(roomOf))].sort(), Object.keys(MAY_IMPORT).sort());
    assert(files.size > 60, `only ${files.size} files were read`);
  });

  test("imports nothing upward", () => {
    assertEquals(trespasses(files), []);
  });

  test("imports nothing in a circle, not even types", () => {
    assertEquals(circles(files), []);
  });

  test("has a subpath for each room but checks, whose module it is, and one for the kernels", () => {
    const { exports } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
    const rooms = Object.keys(MAY_IMPORT).filter((room) => room !== "checks").sort();
    const expected = Object.fromEntries(rooms.map((room) => [`./${room}`, `./src/${room}/mod.ts`]));
    assertEquals(exports, { ".": "./mod.ts", ...expected, "./wasm": "./src/engine/cpu/wasm/mod.ts" });
  });

  test("imports only files that are there", () => {
    const missing = [...files].flatMap(([path, text]) =>
      importsOf(text).filter((one) => one.startsWith(".") && !existsSync(join(src, dirname(path), one)))
        .map((one) => `${path} imports ${one}`)
    );
    assertEquals(missing, []);
  });

  test("looks at no clock, draws from no unseeded chance, prints nothing and knows no runtime but in src/runtime", () => {
    assertEquals(uses(files, SURROUNDINGS, outside("runtime")), []);
  });

  test("lets no function that differs between JavaScript engines near data, networks, masks and draws", () => {
    assertEquals(uses(files, INEXACT, inside("data", "nn", "suppress", "random")), []);
  });
});

describe("the test of the house", () => {
  const found = (path: string, text: string) => trespasses(new Map([[path, text]]));

  test("catches an import of a room above, of a package and of a file outside src, however it is written", () => {
    assertEquals(found("nn/a.ts", 'import type { A } from "../engine/engine.ts";'), [
      "nn/a.ts imports ../engine/engine.ts",
    ]);
    assertEquals(found("engine/wasm/a.ts", 'export * from "../../train/mod.ts";').length, 1);
    assertEquals(found("metrics/a.ts", "import {\n  a,\n  b,\n} from '../nn/mod.ts';").length, 1);
    assertEquals(found("data/a.ts", 'const fs = await import("node:fs");').length, 1);
    assertEquals(found("nn/a.ts", 'import "fflate";').length, 1);
    assertEquals(found("train/a.ts", 'import { x } from "../../mod.ts";').length, 1);
    assertEquals(found("random/a.ts", 'import { x } from "../nn/mod.ts";').length, 1);
  });

  test("catches a circle of two, of three and of one, by types or when first needed, once each", () => {
    const around = (...texts: string[]) => circles(new Map(texts.map((text, i) => [`nn/${"abc"[i]}.ts`, text])));
    assertEquals(around('import type { B } from "./b.ts";', 'import { a } from "./a.ts";'), ["nn/a.ts -> nn/b.ts"]);
    assertEquals(around('export * from "./c.ts";', 'await import("./a.ts");', 'import { b } from "./b.ts";'), [
      "nn/a.ts -> nn/c.ts -> nn/b.ts",
    ]);
    assertEquals(around('import { a } from "./a.ts";'), ["nn/a.ts"]);
    assertEquals(around('import { b } from "./b.ts";', 'import { c } from "./c.ts";', ""), []);
  });

  test("lets through what is allowed, and examples in comments", () => {
    assertEquals(found("engine/reference/a.ts", 'import { x } from "../../nn/mod.ts";'), []);
    assertEquals(found("nn/a.ts", 'import { x } from "../random/threefry.ts"; import { y } from "./layers.ts";'), []);
    assertEquals(found("nn/a.ts", '/**\n * import { a } from "@tacet/tacet";\n */\n// import "fflate";\n'), []);
  });

  test("catches forbidden names in code, not in comments", () => {
    const all = new Map([[
      "nn/a.ts",
      "// Math.exp\nconst a = `${Math.exp(1)}`; /* console.log */ console.log(Date.now());",
    ]]);
    assertEquals(uses(all, SURROUNDINGS, outside("runtime")), ["nn/a.ts: console.", "nn/a.ts: Date.now"]);
    assertEquals(uses(all, INEXACT, inside("nn")), ["nn/a.ts: Math.exp"]);
    assertEquals(uses(all, SURROUNDINGS, outside("nn")), []);
  });
});
