import { assert, assertEquals, assertRejects, assertStringIncludes } from "#std/assert";
import { chmod, mkdir, readdir, readFile as read, symlink, truncate, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FileError, kindOf, readFile, removeFile, writeFileWhole } from "../../src/runtime/files.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const module = pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), "../../src/runtime/files.ts")).href;
const isDeno = "Deno" in globalThis;
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) & 255);

/** One clear line that names the path. */
async function refused(path: string, action: () => Promise<unknown>, text: string): Promise<FileError> {
  const error = await assertRejects(action, FileError, text);
  assertEquals([error.name, error.path], ["FileError", path]);
  assertStringIncludes(error.message, `"${path}"`);
  assertEquals(error.message.split("\n").length, 1);
  return error;
}

describe("files", () => {
  test("what is written whole is read back, in folders made for it, replacing what was there", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "a", "b", "c.bin");
      for (const length of [100_000, 0, 5]) {
        await writeFileWhole(path, bytes(length));
        const again = await readFile(path);
        assertEquals(again, bytes(length));
        assertEquals([again.byteOffset, again.buffer.byteLength], [0, length]);
      }
      assertEquals(await readdir(dirname(path)), ["c.bin"]);
    });
  });

  test("a view into a larger buffer writes its own bytes only", async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFileWhole(join(folder, "v"), bytes(50).subarray(10, 20));
      assertEquals(await readFile(join(folder, "v")), bytes(50).slice(10, 20));
    });
  });

  test("a name as long as names can be is written all the same", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "n".repeat(255));
      await writeFileWhole(path, bytes(3));
      assertEquals(await readFile(path), bytes(3));
    });
  });

  test("a write that fails leaves the old content and no temporary file", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "taken");
      await mkdir(path);
      await writeFile(join(path, "inside"), "old");
      await refused(path, () => writeFileWhole(path, bytes(10)), "cannot write");
      assertEquals(await readdir(folder), ["taken"]);
      assertEquals(`${await read(join(path, "inside"))}`, "old");
      const file = join(folder, "file");
      await writeFile(file, "old");
      // Not bytes at all: fails between opening the temporary file and renaming it.
      await refused(file, () => writeFileWhole(file, { length: 3 } as Uint8Array), "cannot write");
      assertEquals(`${await read(file)}`, "old");
      assertEquals((await readdir(folder)).sort(), ["file", "taken"]);
    });
  });

  test("many writers of one file leave one of their contents, whole", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "shared");
      const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(10_000).fill(i));
      await Promise.all(contents.map((content) => writeFileWhole(path, content)));
      const found = await readFile(path);
      assertEquals(found, contents[found[0]!]!);
      assertEquals(await readdir(folder), ["shared"]);
    });
  });

  test("the limit counts bytes: as many are read, one more is refused", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "x");
      await writeFile(path, bytes(100));
      assertEquals((await readFile(path, 100)).length, 100);
      await refused(path, () => readFile(path, 99), "it has 100 bytes, more than the 99 allowed");
      await assertRejects(() => readFile(path, -1), RangeError, "limit is -1");
      await assertRejects(() => readFile(path, 0.5), RangeError, "limit is 0.5");
      // A sparse file of 1 TiB takes no space on the disk, and must take none in memory.
      await truncate(path, 2 ** 40);
      await refused(path, () => readFile(path), "it has 1099511627776 bytes, more than the 1073741824 allowed");
    });
  });

  test("a file that is longer than it says is read whole, within the limit", async (t) => {
    // Linux's /proc says 0 bytes of every file. Deno shows it only to those who may do everything.
    const path = "/proc/self/maps";
    if (await read(path).then(() => false, () => true)) return t.skip("needs Linux's /proc and leave to read it");
    const found = await readFile(path);
    assert(found.length > 4096 && found[found.length - 1] === 10);
    await refused(path, () => readFile(path, 10), "more than the 10 allowed");
  });

  test("what is missing, a folder, or below a file is said plainly", async () => {
    await inTemporaryFolder(async (folder) => {
      const [missing, below] = [join(folder, "no"), join(folder, "file", "x")];
      await writeFile(join(folder, "file"), "");
      const error = await refused(missing, () => readFile(missing), "cannot read");
      assertStringIncludes(error.message, "no such file or folder");
      assertEquals((error.cause as { code: string }).code, "ENOENT");
      await refused(folder, () => readFile(folder), "it is a folder, not a file");
      await refused(below, () => readFile(below), "a part of the path is a file, not a folder");
      await refused(below, () => writeFileWhole(below, bytes(1)), "a part of the path is a file, not a folder");
      const long = join(folder, "n".repeat(256));
      await refused(long, () => readFile(long), "the name is too long");
    });
  });

  test("a device that never ends is refused instead of read", {
    skip: existsSync("/dev/zero") ? false : "there is no /dev/zero here",
  }, async () => {
    await refused("/dev/zero", () => readFile("/dev/zero"), "not a regular file");
  });

  test("a file that may not be read or a folder that may not be written is permission denied", async (t) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "secret");
      await writeFile(path, "x");
      await chmod(path, 0);
      if (await read(path).then(() => true, () => false)) return t.skip("needs a user whom permissions bind: not root");
      await refused(path, () => readFile(path), "permission denied");
      await chmod(folder, 0o500);
      await refused(path, () => writeFileWhole(path, bytes(1)), "permission denied");
      await refused(path, () => removeFile(path), "permission denied");
      await chmod(folder, 0o700);
    });
  });

  test("kindOf tells files from folders, follows links, and knows nothing only where nothing is", async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "file");
      await writeFile(file, "");
      assertEquals(await kindOf(file), "file");
      assertEquals(await kindOf(folder), "folder");
      assertEquals(await kindOf(join(folder, "no")), undefined);
      assertEquals(await kindOf(join(file, "x")), undefined);
      if (process.platform === "win32") return;
      assertEquals(await kindOf("/dev/null"), "device or pipe");
      const link = join(folder, "link"), broken = join(folder, "broken");
      await symlink(folder, link);
      await symlink("nowhere", broken);
      assertEquals([await kindOf(link), await kindOf(broken)], ["folder", undefined]);
      const loop = join(folder, "loop");
      await symlink("loop", loop);
      await refused(loop, () => kindOf(loop), "symbolic links go in a circle");
    });
  });

  test("removeFile removes a file, accepts that there is none, and leaves folders alone", async () => {
    await inTemporaryFolder(async (folder) => {
      const [file, empty] = [join(folder, "file"), join(folder, "empty")];
      await writeFile(file, "");
      await mkdir(empty);
      await removeFile(file);
      await removeFile(file);
      await refused(empty, () => removeFile(empty), "it is a folder, not a file");
      assertEquals(await readdir(folder), ["empty"]);
    });
  });

  test("a path that is no path is a TypeError", async () => {
    for (const path of ["", "a\0b", 7, undefined] as string[]) {
      for (const action of [readFile, kindOf, removeFile, (p: string) => writeFileWhole(p, bytes(1))]) {
        await assertRejects(() => action(path), TypeError, "path is ");
      }
    }
  });

  /** Runs the body in a Deno of its own that has only these permissions; returns the lines it prints. */
  async function denoWith(flags: readonly string[], folder: string, body: string): Promise<string[]> {
    const script = join(folder, "script.js");
    await writeFile(
      script,
      `import * as files from ${JSON.stringify(module)};
      const say = (promise) => promise.then(() => console.log("done"), (error) => console.log(error.message));
      ${body}`,
    );
    // Not node:child_process: Deno's hands its own permissions on to a child that is Deno.
    const { stdout, stderr } = await new Deno.Command(process.execPath, {
      args: ["run", "--quiet", "--no-prompt", "--no-config", ...flags, script],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout).trim().split("\n");
  }

  test("a permission that Deno lacks is named as the flag to grant, which then suffices", {
    skip: isDeno ? false : "only Deno has permissions of its own",
  }, async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "deep", "x");
      const body = ["writeFileWhole(path, new Uint8Array(3))", "readFile(path)", "kindOf(path)", "removeFile(path)"]
        .map((call) => `await say(files.${call});`.replace("path", JSON.stringify(path))).join("\n");
      const lines = await denoWith([], folder, body);
      const [folderFlags, fileFlags] = [dirname(path), path].map((p) => `--allow-read="${p}" --allow-write="${p}"`);
      assertStringIncludes(lines[0]!, `Deno was not given permission; run it with ${folderFlags}`);
      assertStringIncludes(lines[1]!, `run it with --allow-read="${path}"`);
      assertStringIncludes(lines[2]!, `run it with --allow-read="${path}"`);
      assertStringIncludes(lines[3]!, `run it with ${fileFlags}`);
      const granted = [`--allow-read=${dirname(path)}`, `--allow-write=${dirname(path)}`];
      const [proc] = await denoWith(["--allow-read"], folder, 'await say(files.readFile("/proc/self/maps"));');
      if (process.platform === "linux") assertStringIncludes(proc!, "run it with --allow-all");
      assertEquals(await denoWith(granted, folder, body), ["done", "done", "done", "done"]);
    });
  });
});
