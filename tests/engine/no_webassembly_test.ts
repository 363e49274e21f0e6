/**
 * Where there is no WebAssembly, or one that does not work: everything is imported, the reference engine computes and
 * says why, and who insists on wasm gets a named error.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "#std/assert";
import { cp, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import * as nodeModule from "node:module";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openEngine } from "../../mod.ts";
import { runAlone } from "../support/child.ts";
import { noNode } from "../support/here.ts";
import { smallJob } from "../support/small_job.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const checkout = noNode ? "" : fileURLToPath(new URL("../../", import.meta.url));
const { deno, bun } = noNode ? { deno: undefined, bun: undefined } : process.versions;

/** Scripts that take WebAssembly away, and what is said then. */
const TAKEN_AWAY: readonly [what: string, script: string, reason: RegExp][] = [
  ["there is no WebAssembly", "delete globalThis.WebAssembly;", /this runtime has no WebAssembly/],
  ["WebAssembly is undefined", "globalThis.WebAssembly = undefined;", /this runtime has no WebAssembly/],
  [
    "a policy forbids to compile",
    `const forbid = () => { throw new EvalError("a policy forbids it"); };
    Object.assign(WebAssembly, { validate: forbid, compile: forbid, Module: forbid });`,
    /a policy forbids it|not a constructor/,
  ],
  [
    "there is no SIMD",
    `WebAssembly.validate = () => false;
    WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("invalid opcode 0xfd"); } };`,
    /invalid opcode 0xfd/,
  ],
  [
    "modules compile but do not run",
    `WebAssembly.Instance = class { constructor() { throw new RangeError("out of executable memory"); } };`,
    /out of executable memory/,
  ],
];

const entries: readonly string[] = noNode
  ? []
  : Object.values(JSON.parse(await readFile(join(checkout, "deno.json"), "utf8")).exports as Record<string, string>);

/**
 * A script that takes something away, then imports everything that is exported, opens engines and does the small job.
 */
function script(takeAway: string, root: string, ending: string): string {
  const url = (path: string) => JSON.stringify(pathToFileURL(join(root, path.replace(/ts$/, ending))).href);
  return `${takeAway}
    ${entries.map((entry) => `await import(${url(entry)});`).join("\n")}
    const { openEngine } = await import(${url("mod.ts")}), { smallJob } = await import(${
    url("tests/support/small_job.ts")
  });
    const engine = await openEngine();
    const refused = [];
    for (const options of [{ engine: "wasm" }, { build: "simd128" }, { threads: 2 }]) {
      refused.push(await openEngine(options).then(({ why }) => why, (error) => error.name + ": " + error.message));
    }
    console.log(JSON.stringify({ name: engine.name, why: engine.why, refused, numbers: await smallJob(engine) }));`;
}

/** What the reference engine of this process gives. */
let expected: Promise<number[]> | undefined;

/** Runs such a script and holds it against the reference engine of this process. */
async function check(takeAway: string, reason: RegExp, flags: readonly string[] = []): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "script.mjs"), plain = !deno && !bun;
    if (plain) await asJavaScript(folder);
    await writeFile(path, plain ? script(takeAway, folder, "js") : script(takeAway, checkout, "ts"));
    const configured = deno ? [`--config=${join(checkout, "deno.json")}`] : [];
    const { code, stdout, stderr } = await runAlone(path, [...configured, ...flags]);
    assertEquals(code, 0, stderr);
    const { name, why, refused, numbers } = JSON.parse(stdout);
    assertEquals(name, "reference");
    assertMatch(why, /^the reference engine, which is slow, because the wasm engine \(\w+\) cannot run here: /);
    assertMatch(why, reason);
    assertEquals(refused.length, 3);
    for (const message of refused) {
      assertStringIncludes(message, "EngineError: the wasm engine (");
      assertMatch(message, reason);
    }
    assertEquals(numbers, await (expected ??= openEngine({ engine: "reference" }).then(smallJob)));
  });
}

/** The library and the small job as JavaScript: Node strips types by WebAssembly. */
async function asJavaScript(target: string): Promise<void> {
  const { stripTypeScriptTypes } = nodeModule as unknown as { stripTypeScriptTypes(source: string): string };
  await mkdir(join(target, "tests"));
  for (const part of ["mod.ts", "src", "tests/support/small_job.ts"]) {
    await cp(join(checkout, part), join(target, part), { recursive: true });
  }
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name), text = stripTypeScriptTypes(await readFile(path, "utf8"));
    await writeFile(path, text.replace(/((?:from|import\()\s*"\.[^"\n]*\.)ts"/g, '$1js"'));
    await rename(path, path.replace(/ts$/, "js"));
  }
  await writeFile(join(target, "package.json"), '{ "type": "module" }');
  await symlink(join(checkout, "node_modules"), join(target, "node_modules"));
}

describe("without WebAssembly", { skip: noNode }, () => {
  for (const [what, takeAway, reason] of TAKEN_AWAY) {
    test(`the reference engine computes where ${what}`, () => check(takeAway, reason));
  }

  test("the reference engine computes in a runtime started without (--jitless)", {
    skip: bun ? "Bun has no such flag" : false,
  }, () => check("", /this runtime has no WebAssembly/, [deno ? "--v8-flags=--jitless" : "--jitless"]));
});
