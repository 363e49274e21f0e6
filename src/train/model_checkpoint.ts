/**
 * Saves the model while it trains.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { CheckpointStore } from "../checkpoint/store.ts";
import type { Callback, TrainingState } from "./callback.ts";

/** How often {@link ModelCheckpoint} saves and how much it keeps; MindSpore's class of the same name. */
export class CheckpointConfig {
  /** Steps between checkpoints. */
  readonly saveCheckpointSteps: number;
  /** The newest so many files are kept. */
  readonly keepCheckpointMax: number;

  /**
   * Every step and the newest five files unless told otherwise.
   *
   * @param options `saveCheckpointSteps` (default 1) and `keepCheckpointMax` (default 5)
   * @throws {RangeError} if one is no positive integer.
   * @example
   * ```ts
   * import { CheckpointConfig } from "@tacet/tacet";
   * const config = new CheckpointConfig({ saveCheckpointSteps: 1875, keepCheckpointMax: 10 });
   * ```
   */
  constructor(options: { saveCheckpointSteps?: number; keepCheckpointMax?: number } = {}) {
    const { saveCheckpointSteps = 1, keepCheckpointMax = 5 } = options;
    this.saveCheckpointSteps = integer("saveCheckpointSteps", saveCheckpointSteps);
    this.keepCheckpointMax = integer("keepCheckpointMax", keepCheckpointMax);
  }
}

/**
 * Saves parameters, masks, step, settings and the training record as `PREFIX-EPOCH_STEP.safetensors`, every so many
 * steps and after the last one. The epoch is the model's, over all calls of `train`, so that a second call writes files
 * of its own.
 */
export class ModelCheckpoint implements Callback {
  readonly #store: CheckpointStore;
  readonly #config: CheckpointConfig;

  /**
   * Touches no file before the first step that is to be saved.
   *
   * @param options `directory`, made if missing; `prefix` of the file names, default "tacet"; `config`
   * @example
   * ```ts
   * import { CheckpointConfig, ModelCheckpoint } from "@tacet/tacet";
   * const callback = new ModelCheckpoint({ directory: "checkpoints", prefix: "lenet", config: new CheckpointConfig({ saveCheckpointSteps: 500 }) });
   * ```
   */
  constructor(options: { directory: string; prefix?: string; config?: CheckpointConfig }) {
    this.#config = options.config ?? new CheckpointConfig();
    this.#store = new CheckpointStore(options.directory, options.prefix ?? "tacet", this.#config.keepCheckpointMax);
  }

  /** The files kept, oldest first. */
  get paths(): readonly string[] {
    return this.#store.paths;
  }

  /**
   * Saves if it is time; training waits for the file.
   *
   * @throws {FileError} (as a rejection) if the file cannot be written: that ends the training.
   * @throws {RangeError} (as a rejection) if a parameter is not finite: that, too, and nothing is written.
   */
  async onStepEnd(state: TrainingState): Promise<void> {
    if (state.step % this.#config.saveCheckpointSteps !== 0 && state.step !== state.steps) return;
    await this.#store.save(state.modelEpoch, state.stepInEpoch, await state.model.checkpoint());
  }
}
