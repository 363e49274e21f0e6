/**
 * The library needs no permission; the main example asks for those that its help names, and for no others. Deno writes
 * down what is asked for, also what is refused without a word.
 */
import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FLAGS } from "../../examples/sup_privacy/flags.ts";
import { drawnDigits, encodeIdx } from "../../mod.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const skip = process.versions.deno ? false : "only Deno has permissions of its own";

/** A job of a second. */
const SMALL = ["--samples=64", "--epochs=1", "--start-epoch=1", "--attack-images=2", "--json"];
const KINDS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

interface Ran {
  readonly code: number;
  readonly stderr: string;
  /** Permissions asked for: "read /tmp/x". */
  readonly asked: string[];
}

/** Runs a script with the given permissions, all other kinds denied, in a folder of its own. */
async function runDenied(
  script: string,
  grants: readonly string[],
  args: readonly string[],
  folder: string,
): Promise<Ran> {
  const audit = join(folder, "asked.jsonl");
  await rm(audit, { force: true });
  const denied = KINDS.filter((kind) => !grants.some((grant) => grant.startsWith(`--allow-${kind}`)));
  // Not node:child_process: Deno's hands its own permissions on to a child that is Deno.
  const { code, stderr } = await new Deno.Command(process.execPath, {
    args: ["run", "--quiet", "--no-prompt", ...denied.map((kind) => `--deny-${kind}`), ...grants, script, ...args],
    env: { NO_COLOR: "1", DENO_AUDIT_PERMISSIONS: audit },
    stdout: "null",
  }).output();
  const lines = existsSync(audit) ? (await readFile(audit, "utf8")).split("\n") : [];
  const asked = lines.filter(Boolean).map((line) => JSON.parse(line) as { permission: string; value: string | null });
  return {
    code,
    stderr: new TextDecoder().decode(stderr),
    asked: asked.map(({ permission, value }) => `${permission} ${value}`),
  };
}

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const example = pathOf("../../examples/sup_privacy.ts");

/** The permissions that the help names for a flag, for this folder. */
function namedFor(flag: string, folder: string): string[] {
  const about = FLAGS.find(({ name }) => name === flag)!.about.join(" ");
  return [.../--allow-\w+=DIR/g[Symbol.matchAll](about)].map(([grant]) => grant.replace("DIR", folder));
}

/** MNIST of a few drawn digits, in the folders that torchvision makes. */
async function writeMnist(root: string): Promise<void> {
  const { images, labels, count } = drawnDigits(64), folder = join(root, "MNIST", "raw");
  await mkdir(folder, { recursive: true });
  for (const name of ["train", "t10k"]) {
    const pixels = { type: "uint8", shape: [count, 28, 28], data: new Uint8Array(images) } as const;
    const classes = { type: "uint8", shape: [count], data: new Uint8Array(labels) } as const;
    await writeFile(join(folder, `${name}-images-idx3-ubyte`), encodeIdx(pixels));
    await writeFile(join(folder, `${name}-labels-idx1-ubyte`), encodeIdx(classes));
  }
}

describe("permissions", () => {
  test("the test itself sees what is asked for, also in vain", { skip }, async () => {
    await inTemporaryFolder(async (folder) => {
      const script = join(folder, "ask.ts");
      await writeFile(script, 'try { Deno.env.get("HOME"); } catch { /* in vain */ }');
      assertEquals((await runDenied(script, [], [], folder)).asked, ["env HOME"]);
    });
  });

  test("the main example asks for none, on as many threads as there are", { skip }, async () => {
    await inTemporaryFolder(async (folder) => {
      const { code, stderr, asked } = await runDenied(example, [], SMALL, folder);
      assertEquals([code, asked], [0, []], stderr);
    });
  });

  test("--data asks to read its folder, and for nothing else", { skip }, async () => {
    await inTemporaryFolder(async (folder) => {
      const data = join(folder, "mnist"), grants = namedFor("data", data);
      await writeMnist(data);
      assertEquals(grants, [`--allow-read=${data}`]);
      const { code, stderr, asked } = await runDenied(example, grants, [...SMALL, `--data=${data}`], folder);
      assertEquals(code, 0, stderr);
      assert(asked.length > 0 && asked.every((one) => one.startsWith(`read ${data}`)), asked.join());
      const refused = await runDenied(example, [], [...SMALL, `--data=${data}`], folder);
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, `--allow-read="${data}"`);
    });
  });

  test("--out asks to read and write its folder, and for nothing else", { skip }, async () => {
    await inTemporaryFolder(async (folder) => {
      const out = join(folder, "out"), grants = namedFor("out", out);
      assertEquals(grants, [`--allow-read=${out}`, `--allow-write=${out}`]);
      const { code, stderr, asked } = await runDenied(example, grants, [...SMALL, `--out=${out}`], folder);
      assertEquals(code, 0, stderr);
      const allowed = [`read ${out}`, `write ${out}`];
      assert(asked.length > 0 && asked.every((one) => allowed.some((start) => one.startsWith(start))), asked.join());
      assert(existsSync(join(out, "report.json")));
    });
  });

  test("no other flag names a permission, or asks for one", { skip }, async () => {
    for (const { name } of FLAGS) if (name !== "data" && name !== "out") assertEquals(namedFor(name, "x"), []);
    await inTemporaryFolder(async (folder) => {
      const flags = ["--mask-times=2", "--lr=0.1", "--sparse-end=0.9", "--units=9", "--batch-size=16", "--seed=2"];
      const { code, stderr, asked } = await runDenied(
        example,
        [],
        [...SMALL, ...flags, "--engine=wasm-simd128"],
        folder,
      );
      assertEquals([code, asked], [0, []], stderr);
      assertEquals((await runDenied(example, [], ["--help"], folder)).asked, []);
    });
  });
});
