/**
 * Training: models and the callbacks that listen to it.
 *
 * @example
 * ```ts
 * import { Dataset, drawnDigits } from "@tacet/tacet/data";
 * import { openEngine } from "@tacet/tacet/engine";
 * import { accuracy } from "@tacet/tacet/metrics";
 * import { lenet5, momentum } from "@tacet/tacet/nn";
 * import { Model } from "@tacet/tacet/train";
 * const digits = new Dataset(drawnDigits(320), { size: [32, 32] }), engine = await openEngine();
 * const optimizer = momentum({ lr: 0.01 }), metrics = { accuracy: accuracy() };
 * const model = new Model({ engine, network: lenet5(), optimizer, metrics });
 * await model.train(1, digits);
 * console.log(await model.eval(digits)); // { accuracy: ... }
 * ```
 *
 * @module
 */
export type { Callback, TrainingState } from "./callback.ts";
export { type DivergedAt, DivergedError } from "./diverged_error.ts";
export type { HeldNetwork } from "./held_network.ts";
export { Model } from "./model.ts";
export type { ModelInTraining } from "./model_in_training.ts";
export type { Metric, ModelOptions, SuppressModelOptions, TrainingPlan, TrainOptions } from "./options.ts";
export type { OriginOptions } from "./origin.ts";
export type { TrainingData } from "./training_data.ts";
export type { PrivacySpent } from "./privacy_spent.ts";
export { CheckpointConfig, ModelCheckpoint } from "./model_checkpoint.ts";
export { type ExportedModel, exportModel } from "./export.ts";
export { LearningRateScheduler } from "./learning_rate_scheduler.ts";
export { LossMonitor, ProgressMonitor } from "./monitors.ts";
export type { Share, SparsityReport } from "./sparsity.ts";
export { SuppressMasker } from "./suppress_masker.ts";
export { SuppressModel } from "./suppress_model.ts";
