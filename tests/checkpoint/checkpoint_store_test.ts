/** The store of checkpoints: a folder that keeps the newest. */
import { assertEquals, assertRejects, assertThrows } from "#std/assert";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadCheckpoint } from "../../src/checkpoint/network_file.ts";
import { CheckpointStore } from "../../src/checkpoint/store.ts";
import { small } from "../support/small_checkpoint.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

describe("CheckpointStore", () => {
  test("keeps the newest files and removes none that it has not written", async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "net-1_1.safetensors"), "of another run");
      await writeFile(join(folder, "net-0_9.safetensors"), "of another run");
      const store = new CheckpointStore(folder, "net", 2);
      for (let step = 2; step <= 5; step++) {
        const path = await store.save(1, step, { ...small, step });
        assertEquals((await loadCheckpoint(path)).step, step);
      }
      assertEquals((await readdir(folder)).sort(), [
        "net-0_9.safetensors",
        "net-1_1.safetensors",
        "net-1_4.safetensors",
        "net-1_5.safetensors",
      ]);
      assertEquals(store.paths, [`${folder}/net-1_4.safetensors`, `${folder}/net-1_5.safetensors`]);
    });
  });

  test("takes a file saved again for the newest, and one removed by others for removed", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(`${folder}/`, "net", 2);
      const first = await store.save(1, 1, small);
      const second = await store.save(1, 2, small);
      assertEquals(await store.save(1, 1, { ...small, step: 9 }), first);
      await rm(second);
      const third = await store.save(2, 1, small);
      assertEquals(store.paths, [first, third]);
      assertEquals((await loadCheckpoint(first)).step, 9);
    });
  });

  test("keeps its number when several are saved at once", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, "net", 2);
      await Promise.all([1, 2, 3, 4, 5, 6].map((step) => store.save(1, step, small)));
      assertEquals((await readdir(folder)).length, 2);
      assertEquals((await readdir(folder)).sort(), store.paths.map((path) => path.slice(folder.length + 1)).sort());
    });
  });

  test("leaves the old file and its list as they were when a save fails", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, "net", 1);
      const first = await store.save(1, 1, small);
      await assertRejects(() => store.save(1, 2, { ...small, step: -1 }), RangeError, "step");
      await assertRejects(() => store.save(-1, 2, small), RangeError, "epoch is -1");
      await assertRejects(() => store.save(1, 0.5, small), RangeError, "stepInEpoch is 0.5");
      assertEquals(store.paths, [first]);
      assertEquals(await readdir(folder), ["net-1_1.safetensors"]);
    });
  });

  test("refuses a prefix that leads elsewhere and a number that is none", () => {
    for (const prefix of ["", "../net", "a\\b", "a:b", "a\0"]) {
      assertThrows(() => new CheckpointStore(".", prefix, 1), TypeError, "prefix");
    }
    assertThrows(() => new CheckpointStore("", "net", 1), TypeError, "directory");
    for (const max of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(() => new CheckpointStore(".", "net", max), RangeError, "keepCheckpointMax");
    }
  });
});
