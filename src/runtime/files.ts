/**
 * Files, over `node:fs/promises`, which Deno, Bun and Node all have. It is looked for only when a function is called,
 * so that browsers and edge runtimes can import the library; there every function rejects with a {@linkcode FileError}
 * that says so.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { builtinModule } from "./builtin.ts";
import { type Access, codeOf, FileError, fileError, isAbsent, REASONS } from "./file_error.ts";

export { FileError };

/** What {@linkcode readFile} accepts at most, unless told otherwise: 1 GiB. */
const DEFAULT_LIMIT = 2 ** 30;

/** Most bytes asked of the system in one read or write: Node refuses 2 GiB and more. */
const CHUNK = 2 ** 26;

type FileSystem = typeof import("node:fs/promises") & Pick<typeof import("node:path"), "dirname" | "join">;

function fileSystem(verb: Access, path: string): FileSystem {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new TypeError(`path is ${JSON.stringify(path)}; it must be a string, not empty and without zero characters`);
  }
  const fs = builtinModule<typeof import("node:fs/promises")>("node:fs/promises");
  const paths = builtinModule<typeof import("node:path")>("node:path");
  if (fs && paths) return { ...fs, dirname: paths.dirname, join: paths.join };
  throw new FileError(`cannot ${verb} "${path}": this runtime has no file system; pass the bytes themselves`, path);
}

/**
 * Reads a whole file of at most `limit` bytes (default 1 GiB). The array owns its buffer: `byteOffset` is 0 and nothing
 * lies behind it.
 *
 * @throws {FileError} if there is no such file, it is no regular file, is larger than `limit`, may not be read, or
 * there is no file system.
 * @throws {RangeError} if `limit` is not an integer from 0.
 *
 * @example
 * ```ts ignore
 * const bytes = await readFile("MNIST/train-labels-idx1-ubyte.gz");
 * ```
 */
export async function readFile(path: string, limit: number = DEFAULT_LIMIT): Promise<Uint8Array<ArrayBuffer>> {
  integer("limit", limit, 0);
  const fs = fileSystem("read", path);
  const tooLarge = (size: string) =>
    new FileError(`cannot read "${path}": it has ${size} bytes, more than the ${limit} allowed`, path);
  try {
    // Asked before opening, since opening a pipe would wait for a writer, perhaps for ever.
    const stat = await fs.stat(path);
    if (stat.isDirectory()) throw new FileError(`cannot read "${path}": ${REASONS.EISDIR}`, path);
    if (!stat.isFile()) throw new FileError(`cannot read "${path}": it is a device or pipe, not a regular file`, path);
    if (stat.size > limit) throw tooLarge(`${stat.size}`);
    const handle = await fs.open(path, "r");
    try {
      let bytes = new Uint8Array(stat.size);
      const beyond = new Uint8Array(1);
      for (let length = 0;;) {
        const full = length === bytes.length;
        const { bytesRead } = full
          ? await handle.read(beyond, 0, 1, null)
          : await handle.read(bytes, length, Math.min(bytes.length - length, CHUNK), null);
        if (bytesRead === 0) return full ? bytes : bytes.slice(0, length);
        if (full) {
          // Longer than it said: still being written, or one of Linux's /proc files, whose size reads 0.
          if (length + 1 > limit) throw tooLarge(`more than ${length}`);
          const longer = new Uint8Array(Math.min(limit, Math.max(4096, 2 * length)));
          longer.set(bytes);
          longer[length] = beyond[0]!;
          bytes = longer;
        }
        length += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError("read", path, path, error);
  }
}

/**
 * What is at this path, links followed: undefined only if nothing is.
 *
 * @throws {FileError} if that cannot be told: no permission, no file system.
 *
 * @example
 * ```ts ignore
 * if (await kindOf("lenet5.safetensors") === "file") console.log("resuming");
 * ```
 */
export async function kindOf(path: string): Promise<"file" | "folder" | "device or pipe" | undefined> {
  const fs = fileSystem("read", path);
  try {
    const stat = await fs.stat(path);
    return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "device or pipe";
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw fileError("read", path, path, error);
  }
}

/**
 * Makes a folder and those above it, as far as they are missing. Not by `recursive: true`, with which Node never
 * returns where the system answers "not found" although the folder above is there, as it does in /proc.
 */
async function makeFolder(fs: FileSystem, folder: string): Promise<void> {
  try {
    await fs.mkdir(folder);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await fs.stat(folder)).isDirectory()) return;
    const above = fs.dirname(folder);
    const isAboveMissing = codeOf(error) === "ENOENT" && await fs.stat(above).then(() => false, isAbsent);
    if (!isAboveMissing || above === folder) throw error;
    await makeFolder(fs, above);
    await fs.mkdir(folder);
  }
}

/**
 * Writes a file whole or not at all: into a temporary file in the same folder, flushed to the device, then renamed over
 * `path`. Whoever reads `path` meanwhile, or after a crash, finds the old content or the new, never a part. Makes the
 * parent folders that are missing.
 *
 * @throws {FileError} if it cannot be written; `path` is then as it was and the temporary file is removed.
 *
 * @example
 * ```ts ignore
 * await writeFileWhole("out/lenet5.safetensors", bytes);
 * ```
 */
export async function writeFileWhole(path: string, bytes: Uint8Array): Promise<void> {
  const fs = fileSystem("write", path);
  const folder = fs.dirname(path);
  // Its own name, not one made from `path`, which may be as long as names can be already.
  const temporary = fs.join(folder, `.tacet-${crypto.randomUUID()}.tmp`);
  try {
    await makeFolder(fs, folder);
    const handle = await fs.open(temporary, "wx");
    try {
      try {
        for (let written = 0; written < bytes.length;) {
          const length = Math.min(bytes.length - written, CHUNK);
          written += (await handle.write(bytes, written, length, null)).bytesWritten;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, path);
    } catch (error) {
      // The first error is the one to report, whether or not the tidying succeeds.
      await fs.unlink(temporary).catch(() => {});
      throw error;
    }
  } catch (error) {
    throw fileError("write", path, folder, error);
  }
}

/**
 * Removes a file. That there is none is no error.
 *
 * @throws {FileError} if it is there and cannot be removed, or is a folder.
 *
 * @example
 * ```ts ignore
 * await removeFile("out/lenet5-1.safetensors");
 * ```
 */
export async function removeFile(path: string): Promise<void> {
  const fs = fileSystem("remove", path);
  try {
    // Deno's unlink would remove an empty folder.
    if ((await fs.lstat(path)).isDirectory()) throw new FileError(`cannot remove "${path}": ${REASONS.EISDIR}`, path);
    await fs.unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw fileError("remove", path, path, error);
  }
}
