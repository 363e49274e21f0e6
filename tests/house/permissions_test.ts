/**
 * The library needs no permission; the main example asks for those that its help names, and for no others. Deno writes
 * down what is asked for, also what is refused without a word. What the example prints is looked at in passing.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "#std/assert";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FLAGS } from "../../examples/sup_privacy/flags.ts";
import { drawnDigits, encodeIdx } from "../../mod.ts";
import { type Ended, runAlone } from "../support/child.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const skip = process.versions.deno ? false : "only Deno has permissions of its own";

/** A job of a second. */
const SMALL = ["--samples=64", "--epochs=1", "--start-epoch=1", "--attack-images=2", "--json"];
const KINDS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

interface Denied extends Ended {
  /** Permissions asked for: "read /tmp/x". */
  readonly asked: string[];
}

/** Runs a script with the given permissions, all other kinds denied, in a folder of its own. */
async function runDenied(
  script: string,
  grants: readonly string[],
  args: readonly string[],
  folder: string,
): Promise<Denied> {
  const audit = join(folder, "asked.jsonl");
  await rm(audit, { force: true });
  const denied = KINDS.filter((kind) => !grants.some((grant) => grant.startsWith(`--allow-${kind}`)));
  const flags = [...denied.map((kind) => `--deny-${kind}`), ...grants];
  const ended = await runAlone(script, flags, args, { DENO_AUDIT_PERMISSIONS: audit });
  const lines = existsSync(audit) ? (await readFile(audit, "utf8")).split("\n") : [];
  const asked = lines.filter(Boolean).map((line) => JSON.parse(line) as { permission: string; value: string | null });
  return { ...ended, asked: asked.map(({ permission, value }) => `${permission} ${value}`) };
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

  test("the main example asks for none, on as many threads as there are, and prints its own lines alone", {
    skip,
  }, async () => {
    await inTemporaryFolder(async (folder) => {
      const { code, stderr, asked } = await runDenied(example, [], SMALL, folder);
      assertEquals([code, asked], [0, []], stderr);
      for (const line of stderr.trim().split("\n")) assertMatch(line, /^(\d+\/\d+ |sup_privacy: )/);
    });
  });

  test("--data asks to read its folder, --out to read and write its own, and both for nothing else", {
    skip,
  }, async () => {
    await inTemporaryFolder(async (folder) => {
      const data = join(folder, "mnist"), out = join(folder, "out");
      const ofData = namedFor("data", data), ofOut = namedFor("out", out);
      assertEquals(ofData, [`--allow-read=${data}`]);
      assertEquals(ofOut, [`--allow-read=${out}`, `--allow-write=${out}`]);
      await writeMnist(data);
      const args = [...SMALL, `--data=${data}`, `--out=${out}`], grants = [`--allow-read=${data},${out}`, ofOut[1]!];
      const { code, stderr, asked } = await runDenied(example, grants, args, folder);
      assertEquals(code, 0, stderr);
      const allowed = [`read ${data}`, `read ${out}`, `write ${out}`];
      for (const one of asked) assert(allowed.some((start) => one.startsWith(start)), one);
      for (const needed of [`read ${data}`, `write ${out}`]) {
        assert(asked.some((one) => one.startsWith(needed)), needed);
      }
      assert(existsSync(join(out, "report.json")));
      for (const [flag, wanted] of [[`--data=${data}`, data], [`--out=${out}`, out]] as const) {
        const refused = await runDenied(example, [], [...SMALL, flag], folder);
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, `--allow-read="${wanted}"`);
      }
    });
  });

  test("no other flag names a permission, or asks for one", { skip }, async () => {
    for (const { name } of FLAGS) if (name !== "data" && name !== "out") assertEquals(namedFor(name, "x"), []);
    await inTemporaryFolder(async (folder) => {
      const flags = ["--mask-times=2", "--lr=0.1", "--sparse-end=0.9", "--units=9", "--batch-size=16", "--seed=2"];
      const args = [...SMALL, ...flags, "--engine=wasm-simd128"];
      const { code, stderr, asked } = await runDenied(example, [], args, folder);
      assertEquals([code, asked], [0, []], stderr);
      const help = await runDenied(example, [], ["--help"], folder);
      assertEquals([help.asked, help.stderr], [[], ""]);
    });
  });
});
