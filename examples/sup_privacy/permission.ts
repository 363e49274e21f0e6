/**
 * Deno's permissions, in words that help.
 *
 * @module
 */
import { FileError } from "../../mod.ts";

/** Did Deno refuse, rather than the system? An error of the library has Deno's own as its cause. */
function refused(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotCapable" || refused(error.cause));
}

/**
 * If Deno refused to read or write in a folder: an error that names the flags for the whole folder, so that the next
 * run does not fail at the next file. Any other error as it is.
 */
export function permissionError(error: unknown, verb: "read" | "write", folder: string): unknown {
  if (!refused(error)) return error;
  const flags = verb === "read" ? `--allow-read="${folder}"` : `--allow-read="${folder}" --allow-write="${folder}"`;
  return new FileError(`cannot ${verb} "${folder}": Deno was not given permission; run it with ${flags}`, folder, {
    cause: error,
  });
}
