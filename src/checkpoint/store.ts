/**
 * The newest checkpoints of a training run, in a folder.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { removeFile } from "../runtime/files.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { saveCheckpoint } from "./network_file.ts";

/**
 * Keeps the newest checkpoints of one run as `PREFIX-EPOCH_STEP.safetensors` in a folder. It removes only files that it
 * has written itself.
 *
 * @example
 * ```ts ignore
 * const store = new CheckpointStore("out", "lenet5", 5);
 * const path = await store.save(1, 1875, checkpoint); // out/lenet5-1_1875.safetensors
 * ```
 */
export class CheckpointStore {
  /** Where the files lie. */
  readonly directory: string;
  /** What their names start with. */
  readonly prefix: string;
  /** How many are kept. */
  readonly keepCheckpointMax: number;
  /** Paths written and not removed, the oldest first. */
  readonly #written: string[] = [];

  /**
   * Touches no file yet; the first save makes the folder if it is missing.
   *
   * @throws {TypeError} if `directory` is empty or `prefix` is empty or has a character that file names cannot have.
   * @throws {RangeError} if `keepCheckpointMax` is not a positive integer.
   */
  constructor(directory: string, prefix: string, keepCheckpointMax = 5) {
    if (typeof directory !== "string" || directory === "") {
      throw new TypeError(
        `directory is ${JSON.stringify(directory)}; it must be the path of a folder, "." for this one`,
      );
    }
    // deno-lint-ignore no-control-regex
    if (typeof prefix !== "string" || !/^[^/\\:*?"<>|\x00-\x1f]+$/.test(prefix)) {
      throw new TypeError(
        `prefix is ${
          JSON.stringify(prefix)
        }; it must not be empty nor have one of / \\ : * ? " < > | or a control character`,
      );
    }
    this.directory = directory;
    this.prefix = prefix;
    this.keepCheckpointMax = integer("keepCheckpointMax", keepCheckpointMax);
  }

  /** The files written and not yet removed, the oldest first. */
  get paths(): readonly string[] {
    return [...this.#written];
  }

  /**
   * Writes a checkpoint, whole or not at all, then removes the oldest that are too many. Replaces a file of the same
   * epoch and step. Resolves to the path.
   *
   * @throws {RangeError} if `epoch` or `stepInEpoch` is not an integer from 0.
   * @throws {FileError} if the file cannot be written, or an old one not removed; that one is tried again at the next
   * save.
   */
  async save(epoch: number, stepInEpoch: number, checkpoint: Checkpoint): Promise<string> {
    for (const [name, value] of Object.entries({ epoch, stepInEpoch })) integer(name, value, 0);
    const separator = /[/\\]$/.test(this.directory) ? "" : "/";
    const path = `${this.directory}${separator}${this.prefix}-${epoch}_${stepInEpoch}.safetensors`;
    await saveCheckpoint(path, checkpoint);
    const before = this.#written.indexOf(path);
    if (before >= 0) this.#written.splice(before, 1);
    this.#written.push(path);
    while (this.#written.length > this.keepCheckpointMax) {
      // Taken off the list before the wait, so that two saves at once do not remove the same file.
      const oldest = this.#written.shift()!;
      try {
        await removeFile(oldest);
      } catch (error) {
        this.#written.unshift(oldest);
        throw error;
      }
    }
    return path;
  }
}
