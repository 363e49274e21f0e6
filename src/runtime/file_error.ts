/**
 * What can go wrong with files, in words.
 *
 * @module
 */

/** What was to be done with a file. */
export type Access = "read" | "write" | "remove";

/** What the system's error codes mean, for the person who reads them. */
export const REASONS: Record<string, string> = {
  ENOENT: "no such file or folder",
  EISDIR: "it is a folder, not a file",
  ERR_FS_EISDIR: "it is a folder, not a file",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a part of the path is a file, not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than the file system allows",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "the symbolic links go in a circle",
  EBUSY: "it is in use by another program",
  EIO: "the device reports an input or output error",
};

/**
 * A file could not be read, written or removed. The message is one line: what was tried, on which path, why it failed
 * and, where it is known, what to do.
 *
 * @example
 * ```ts
 * import { FileError, mnist } from "@tacet/tacet";
 * try {
 *   await mnist("no/such/folder", "train");
 * } catch (error) {
 *   if (!(error instanceof FileError)) throw error;
 *   console.log(error.message);
 * }
 * ```
 */
export class FileError extends Error {
  /** Always "FileError". */
  override readonly name = "FileError";
  /** The path as the caller gave it. */
  readonly path: string;

  /** `message` is the whole line; `cause` the system's own error, if there was one. */
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** The system's code of an error, such as "ENOENT", or "". */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}

/** Does the error say that nothing is there? A path that leads through a file (ENOTDIR) names nothing either. */
export function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** The error for the person who asked. `grant` is the path for which Deno's permission would help. */
export function fileError(verb: Access, path: string, grant: string, cause: unknown): FileError {
  if (cause instanceof FileError) return cause;
  // Not by `instanceof Error`: in test runners the system's errors are of another realm than this module.
  const { name = "", message = String(cause) } = (cause ?? {}) as Partial<Error>;
  let reason = REASONS[codeOf(cause)] ?? message.split("\n", 1)[0];
  // Deno's own permissions, not the system's: only a flag helps. Replacing or removing a file needs both kinds, and
  // what is no ordinary file (all of /proc) every kind there is.
  if (name === "NotCapable") {
    let flags = `--allow-read="${grant}"`;
    if (verb !== "read") flags += ` --allow-write="${grant}"`;
    if (message.includes("--allow-all")) flags = "--allow-all";
    reason = `Deno was not given permission; run it with ${flags}`;
  }
  return new FileError(`cannot ${verb} "${path}": ${reason}`, path, { cause });
}
