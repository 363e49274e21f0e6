/** The form of the sources: files that a person reads at a sitting, comments that fit the window. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "#std/assert";

/** Columns of a line, and lines of a file of `src`. */
const COLUMNS = 120, LINES = 250;

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Every source in a folder by its path, but for those that a build writes and those of packages. */
const sourcesIn = (folder: string): [path: string, text: string][] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|cjs|wgsl)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !/\/(generated|node_modules)\//.test(path))
    .map((path) => [path, readFileSync(join(root, path), "utf8")]);

/** The numbers of the lines of comments that are too long. Examples in them are code, which has no shorter form. */
function longComments(text: string): number[] {
  let isExample = false;
  return text.split("\n").flatMap((line, i) => {
    if (!/^\s*(\/\/|\/?\*)/.test(line)) return [];
    if (/^\s*(\/\/|\*) ?```/.test(line)) isExample = !isExample;
    return !isExample && Array.from(line).length > COLUMNS ? [i + 1] : [];
  });
}

/** Whether there are more lines than a file may have. */
const isLong = (text: string): boolean => text.trimEnd().split("\n").length > LINES;

describe("the sources", () => {
  const folders = ["src", "tests", "examples", "assembly", "gpu"].map(sourcesIn), [src] = folders;
  const all = folders.flat();

  test(`have comments of at most ${COLUMNS} columns`, () => {
    assert(all.length > 400, `only ${all.length} files were read`);
    assertEquals(all.flatMap(([path, text]) => longComments(text).map((line) => `${path}:${line}`)), []);
  });

  test(`of src have at most ${LINES} lines`, () => {
    assertEquals(src!.filter(([, text]) => isLong(text)).map(([path]) => path), []);
  });
});

describe("the test of the form", () => {
  const long = "x".repeat(COLUMNS);

  test("finds long comments of every kind, and no long code or example", () => {
    assertEquals(longComments(`/**\n * ${long}\n */\n  // ${long}\n/* ${long} */`), [2, 4, 5]);
    assertEquals(longComments(`const a = "${long}";\n/**\n * \`\`\`ts\n * ${long}\n * \`\`\`\n * ${long}\n */`), [6]);
    assertEquals(longComments(`// ${long.slice(3)}\n// é${long.slice(4)}`), []);
  });

  test("finds a file of a line too many", () => {
    assertEquals([LINES, LINES + 1].map((lines) => isLong("x\n".repeat(lines))), [false, true]);
  });
});
