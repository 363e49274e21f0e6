/**
 * What messages tell a person to use is there: every name in them is exported, or a member, option or value of what is.
 */
import { assert, assertEquals, assertThrows } from "#std/assert";
import { gzipSync } from "fflate";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DataFormatError, decompressed, encodeIdx, parseIdx } from "../../mod.ts";
import { noNode } from "../support/here.ts";

const path = (name: string) => noNode ? "" : fileURLToPath(new URL(`../../${name}`, import.meta.url));
const skip = noNode || (process.versions.deno ? false : "only Deno lists what is exported");

/**
 * The texts of a source: what is written in quotation marks, templates with "_" for each expression, and those within
 * the expressions.
 */
function textsOf(source: string): string[] {
  const texts: string[] = [];
  const pattern =
    /\/\*[\s\S]*?\*\/|\/\/.*|"((?:[^"\\\n]|\\.)*)"|'(?:[^'\\\n]|\\.)*'|\/(?![/*\s])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[`{}]/gy;
  /** Reads on from `at` to the brace or the end that closes this code. */
  const code = (at: number): number => {
    for (let depth = 0; at < source.length;) {
      pattern.lastIndex = at;
      const found = pattern.exec(source);
      if (!found) at++;
      else if (found[0] === "`") at = template(at + 1);
      else {
        at = pattern.lastIndex;
        if (found[1] !== undefined) texts.push(found[1]);
        if (found[0] === "{") depth++;
        if (found[0] === "}" && depth-- === 0) return at;
      }
    }
    return at;
  };
  const template = (at: number): number => {
    let text = "";
    for (; source[at] !== "`"; at++) {
      if (source[at] === "\\") text += source[++at] === "n" ? "\n" : source[at];
      else if (source.startsWith("${", at)) {
        text += "_";
        at = code(at + 2) - 1;
      } else text += source[at];
    }
    texts.push(text);
    return at + 1;
  };
  code(0);
  return texts;
}

/**
 * The names that a text tells a person: in backticks, before a parenthesis, or written likeThis. Texts of several lines
 * are code.
 */
function namesIn(text: string): string[] {
  // Shaders are no messages.
  if (/\n|@group|@compute/.test(text) || !text.includes(" ")) return [];
  // Escaped bytes are no words.
  const found = text.replace(/\\x[0-9a-f]{2}/g, " ").matchAll(
    /`([A-Za-z]\w*)(?=[`(.])|(?<![\w.#])([A-Za-z]\w*)(?=\()|(?<![\w.#])([a-z]+\d*[A-Z]\w*)/g,
  );
  return Array.from(found, ([, ticked, called, camel]) => ticked ?? called ?? camel!);
}

interface Documented {
  readonly name?: unknown;
  readonly string?: unknown;
}

/** Every name and text value in what Deno documents of the exports. */
function documented(node: unknown, into: Set<string>): Set<string> {
  if (typeof node !== "object" || node === null) return into;
  const { name, string } = node as Documented;
  for (const one of [name, string]) if (typeof one === "string") into.add(one);
  for (const child of Object.values(node)) documented(child, into);
  return into;
}

describe("messages", () => {
  test("name only what is exported", { skip }, async () => {
    const { exports } = JSON.parse(readFileSync(path("deno.json"), "utf8")) as { exports: Record<string, string> };
    const entries = Object.values(exports).map((entry) => path(entry));
    const { stdout } = await new Deno.Command(process.execPath, { args: ["doc", "--json", ...entries] }).output();
    const known = documented(JSON.parse(new TextDecoder().decode(stdout)), new Set());
    assert(known.has("linkSuppressCtrl") && known.has("gpuTimeout"), "deno doc tells of few names: its format changed");
    const unknown: string[] = [];
    let checked = 0;
    for (const file of readdirSync(path("src"), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file.includes("generated")) continue;
      for (const text of textsOf(readFileSync(join(path("src"), file), "utf8"))) {
        for (const name of namesIn(text)) {
          checked++;
          if (!known.has(name) && !(name in globalThis)) unknown.push(`${file}: ${name} in "${text}"`);
        }
      }
    }
    assertEquals(unknown, []);
    assert(checked > 60, `only ${checked} names were found`);
  });
});

describe("what parseIdx says of gzip", () => {
  test("can be done", async () => {
    const file = encodeIdx({ type: "uint8", shape: [2], data: Uint8Array.of(3, 1) }), packed = gzipSync(file);
    assertThrows(() => parseIdx(packed), DataFormatError, "this is gzip data: unpack it first, see `decompressed`");
    assertEquals([...parseIdx(await decompressed(packed)).data], [3, 1]);
  });
});

describe("the test of messages", () => {
  test("finds texts wherever they stand, and none in comments and code", () => {
    const source = 'f("a b", `c ${g({ x: `d ${"e f"}` })} h`); // "i"\n/* `j` */ const k = /"/.test("l m");';
    assertEquals(textsOf(source), ["a b", "e f", "d _", "c _ h", "l m"]);
  });

  test("finds names in backticks, calls and words with a capital in them", () => {
    assertEquals(namesIn("see `decompressed`, put flatten() between, or call addMask first"), [
      "decompressed",
      "flatten",
      "addMask",
    ]);
    assertEquals(namesIn("an image of [2, 3] (channels, height): MNIST's, Node.js, torch.save(x)"), []);
    assertEquals(namesIn("const likeThis = 1;\nlikeThis()"), []);
  });
});
