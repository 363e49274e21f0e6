/**
 * frontier.json: under which conditions which cells were measured, so that a run that was stopped goes on where it was.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../../mod.ts";
import { writeFileWhole } from "../../src/runtime/mod.ts";
import { permissionError } from "../sup_privacy/permission.ts";
import type { Cell, Conditions } from "./cell.ts";

/** The file's content. */
export interface Record {
  /** Increases with every change of what is measured: cells of another version are measured anew. */
  readonly version: number;
  readonly conditions: Conditions;
  readonly data: { readonly name: string; readonly train: number; readonly test: number } | null;
  /** The engine that computed, in words. */
  readonly engine: string | null;
  readonly cells: readonly Cell[];
}

const VERSION = 3;

/** The path of the file in a folder. */
export function recordPath(folder: string): string {
  return join(folder, "frontier.json");
}

/**
 * The record of a folder; an empty one if there is none.
 *
 * @throws {FileError} (as a rejection) if there is one that cannot be read, is broken, or was measured under other
 * conditions.
 */
export async function openRecord(folder: string, conditions: Conditions): Promise<Record> {
  const path = recordPath(folder), fresh = { version: VERSION, conditions, data: null, engine: null, cells: [] };
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return fresh;
    const reason = permissionError(error, "read", folder);
    throw reason instanceof FileError ? reason : new FileError(`cannot read "${path}"`, path, { cause: error });
  }
  let found: Record;
  try {
    found = JSON.parse(text);
    if (!Array.isArray(found.cells)) throw new TypeError("it has no cells");
  } catch (cause) {
    throw new FileError(`"${path}" is no record of a frontier: move it away or choose another --out`, path, { cause });
  }
  const before = { ...found.conditions, version: found.version }, now = { ...conditions, version: VERSION };
  for (const [name, value] of Object.entries(now)) {
    const other = before[name as keyof typeof before];
    if (other === value) continue;
    throw new FileError(
      `"${path}" was measured with ${name} ${other}, not ${value}: ask for the same again, or choose another --out`,
      path,
    );
  }
  return found;
}

/** The record as text: JSON with a line end. */
export function recordText(record: Record): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** Writes the record, whole or not at all. */
export async function saveRecord(folder: string, record: Record): Promise<void> {
  try {
    await writeFileWhole(recordPath(folder), new TextEncoder().encode(recordText(record)));
  } catch (error) {
    throw permissionError(error, "write", folder);
  }
}
