/**
 * Files, where the runtime has them.
 *
 * @example
 * ```ts ignore
 * import { FileError, writeFileWhole } from "@tacet/tacet/runtime";
 * try {
 *   await writeFileWhole("out/notes.txt", new TextEncoder().encode("tacet"));
 * } catch (error) {
 *   if (!(error instanceof FileError)) throw error;
 *   console.error(error.message);
 * }
 * ```
 *
 * @module
 */
export { FileError, removeFile, writeFileWhole } from "./files.ts";
