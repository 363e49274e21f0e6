/**
 * Nothing is printed that the program did not print: no driver's complaints at a newcomer's first command. What the
 * main example prints, `permissions_test.ts` sees.
 */
import { assertEquals, assertMatch } from "#std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Ended, runAlone } from "../support/child.ts";
import { noNode } from "../support/here.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const path = (name: string) => noNode ? "" : fileURLToPath(new URL(`../../${name}`, import.meta.url));
const deno = !noNode && process.versions.deno !== undefined;
const notLinux = deno && process.platform === "linux" ? false : "only Deno on Linux is quiet of its own accord";

/**
 * Runs a script that opens an engine by these options and prints why; no variable of the environment but those given.
 */
async function opened(
  options: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  let ended: Ended | undefined;
  await inTemporaryFolder(async (folder) => {
    const script = join(folder, "open.mjs"), library = JSON.stringify(pathToFileURL(path("mod.ts")).href);
    await writeFile(script, `import { openEngine } from ${library};\nconsole.log((await openEngine(${options})).why);`);
    const configured = deno ? [`--config=${path("deno.json")}`] : [];
    ended = await runAlone(script, [...configured, ...flags], [], env);
  });
  assertEquals(ended!.code, 0, ended!.stderr);
  return ended!;
}

describe("stderr", { skip: noNode }, () => {
  test("stays empty when an engine is opened, without a permission and outside any session", async () => {
    assertEquals((await opened("")).stderr, "");
  });
});

describe("Deno on Linux", () => {
  const asked = /not webgpu: (?!Deno on Linux is asked)|^the webgpu engine/;

  test("is not asked for a GPU unprompted, and says how it is", { skip: notLinux }, async () => {
    assertMatch((await opened("")).stdout, /not webgpu: Deno on Linux .*openEngine\(\{ gpu: navigator\.gpu \}\)/);
    assertMatch((await opened("", ["--allow-env"])).stdout, /not webgpu: Deno on Linux is asked/);
  });

  test("is asked where the entry is handed in", { skip: notLinux }, async () => {
    assertMatch((await opened("{ gpu: navigator.gpu }")).stdout, asked);
  });

  test("is asked where it may see that there is a session", { skip: notLinux }, async () => {
    await inTemporaryFolder(async (session) => {
      const ended = await opened("", ["--allow-env=XDG_RUNTIME_DIR"], { XDG_RUNTIME_DIR: session });
      assertMatch(ended.stdout, asked);
      assertEquals(ended.stderr, "");
    });
  });
});
