/**
 * The folder of `--out`: checked before the work, filled after it.
 *
 * @module
 */
import { encode } from "fast-png";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError, saveCheckpoint } from "../../mod.ts";
import { removeFile, writeFileWhole } from "../../src/runtime/mod.ts";
import { contactSheet } from "./contact_sheet.ts";
import { type Method, METHODS } from "./attacks.ts";
import { type Outcome, type Victim, VICTIMS } from "./job.ts";
import { permissionError } from "./permission.ts";
import { reportText } from "./report.ts";

const NETWORKS = ["ordinary", "second", "suppressed", "unitSuppressed"] as const;

/** The name of a file without its ending: "unit-suppressed". */
function fileName(network: string): string {
  return network.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
}

/** Each network attacked, with each attack. */
const SHEETS = VICTIMS.flatMap((victim) =>
  (Object.keys(METHODS) as Method[]).map((method): [Victim, Method, string] => [
    victim,
    method,
    `${fileName(victim)}-${method}.png`,
  ])
);

/** Everything that is written. */
const FILES = [
  ...NETWORKS.map((name) => `${fileName(name)}.safetensors`),
  ...SHEETS.map(([, , name]) => name),
  "report.json",
];

/** Runs what writes to `path`; what the system or Deno complains of becomes a FileError of one line. */
async function writing<T>(directory: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const error = permissionError(cause, "write", directory);
    if (error instanceof FileError) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
    throw new FileError(`cannot write "${path}": ${reason}`, path, { cause });
  }
}

/** Writes one of the files. */
async function write(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(directory, name);
  await writing(directory, path, () => writeFileWhole(path, bytes));
}

/**
 * Makes the folder if it is missing, and tries whether files can be written and removed there.
 *
 * @throws {FileError} (as a rejection) if not.
 */
export async function prepareFolder(directory: string): Promise<void> {
  const attempt = join(directory, `.sup_privacy-${crypto.randomUUID()}.tmp`);
  await writing(directory, directory, async () => {
    await writeFileWhole(attempt, new Uint8Array());
    await removeFile(attempt);
    // Where report.json is a folder, say, the work would be lost at the end.
    for (const name of FILES) {
      const there = await stat(join(directory, name)).catch(() => undefined);
      if (there && !there.isFile()) throw new Error(`${name} is there already and is not a file`);
    }
  });
}

/**
 * Writes the four networks, the report and a contact sheet for each network and attack.
 *
 * @throws {FileError} (as a rejection) if a file cannot be written.
 */
export async function saveOutcome(directory: string, outcome: Outcome): Promise<void> {
  const { report, networks, originals, inversions } = outcome;
  for (const name of NETWORKS) {
    const path = join(directory, `${fileName(name)}.safetensors`);
    await writing(directory, path, () => saveCheckpoint(path, networks[name].checkpoint));
  }
  for (const [victim, method, name] of SHEETS) {
    const sheet = contactSheet(originals, inversions[victim][method].images);
    await write(directory, name, encode({ ...sheet, channels: 1, depth: 8 }));
  }
  // Last, so that a report stands for a complete folder.
  await write(directory, "report.json", new TextEncoder().encode(reportText(report)));
}
