/** Folders for tests that write files. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `body` with the real path of a new folder, which is gone afterwards with all that is in it. */
export async function inTemporaryFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tacet-")));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
