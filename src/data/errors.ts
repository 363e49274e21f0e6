/**
 * What is wrong with data that came from outside.
 *
 * @module
 */

/**
 * A data file is malformed: cut short, corrupted, of another format, or not what its companion file says. The message
 * names the file, what was found and what was expected.
 *
 * @example
 * ```ts
 * import { DataFormatError, parseIdx } from "@tacet/tacet";
 * try {
 *   parseIdx(new Uint8Array([0, 0, 8]), "labels.idx");
 * } catch (error) {
 *   if (!(error instanceof DataFormatError)) throw error;
 *   console.log(error.fileName, error.message);
 * }
 * ```
 */
export class DataFormatError extends Error {
  /** Always "DataFormatError". */
  override readonly name = "DataFormatError";
  /** The file (or whatever the caller called the bytes) that is malformed. */
  readonly fileName: string;

  /**
   * `message` is everything but the name of the file, which is put before it; `cause` the error that brought it to
   * light, if there was one.
   */
  constructor(fileName: string, message: string, options?: ErrorOptions) {
    super(`${fileName}: ${message}`, options);
    this.fileName = fileName;
  }
}
