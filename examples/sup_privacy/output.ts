/**
 * The folder of `--out`: checked before the work, filled after it.
 *
 * @module
 */
import { mkdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError, saveCheckpoint } from "../../mod.ts";
import { contactSheet } from "./contact_sheet.ts";
import type { Outcome } from "./job.ts";
import { reportText } from "./report.ts";

/** The system's complaint as a FileError of one line. */
function failure(path: string, cause: unknown): FileError {
  if (cause instanceof FileError) return cause;
  const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0];
  return new FileError(`cannot write "${path}": ${reason}`, path, { cause });
}

/** Writes a file whole or not at all: beside its place first, then moved there. */
async function write(directory: string, name: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(directory, `.sup_privacy-${crypto.randomUUID()}.tmp`);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, join(directory, name));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw failure(join(directory, name), error);
  }
}

/**
 * Makes the folder if it is missing, and tries whether files can be written, moved and removed there.
 *
 * @throws {FileError} (as a rejection) if not.
 */
export async function prepareFolder(directory: string): Promise<void> {
  const name = `.sup_privacy-${crypto.randomUUID()}.try`;
  try {
    await mkdir(directory, { recursive: true });
    await write(directory, name, "");
    await unlink(join(directory, name));
  } catch (error) {
    throw new FileError(failure(directory, error).message.replace(join(directory, name), directory), directory, {
      cause: error,
    });
  }
}

/**
 * Writes the three networks, the report and a contact sheet for each network and attack.
 *
 * @throws {FileError} (as a rejection) if a file cannot be written.
 */
export async function saveOutcome(directory: string, outcome: Outcome): Promise<void> {
  const { report, networks, originals, inversions } = outcome;
  for (const name of ["ordinary", "second", "suppressed"] as const) {
    await saveCheckpoint(join(directory, `${name}.safetensors`), networks[name].checkpoint);
  }
  // Only loaded here: a run that saves nothing needs no encoder.
  const { encode } = await import("fast-png");
  for (const name of ["ordinary", "suppressed"] as const) {
    for (const method of ["sign", "adam"] as const) {
      const sheet = contactSheet(originals, inversions[name][method].images);
      await write(directory, `${name}-${method}.png`, encode({ ...sheet, channels: 1, depth: 8 }));
    }
  }
  // Last, so that a report stands for a complete folder.
  await write(directory, "report.json", reportText(report));
}
