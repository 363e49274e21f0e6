/**
 * Training: models and the callbacks that listen to it.
 *
 * @module
 */
export type { Callback, TrainingState } from "./callback.ts";
export { type DivergedAt, DivergedError } from "./diverged_error.ts";
export { Model } from "./model.ts";
export type { Metric, ModelOptions, OriginOptions, TrainingData, TrainOptions } from "./options.ts";
export type { PrivacySpent } from "./privacy_spent.ts";
export { CheckpointConfig, ModelCheckpoint } from "./model_checkpoint.ts";
export { type ExportedModel, exportModel } from "./export.ts";
export { LearningRateScheduler } from "./learning_rate_scheduler.ts";
export { LossMonitor, ProgressMonitor } from "./monitors.ts";
export type { Share, SparsityReport } from "./sparsity.ts";
export { SuppressMasker } from "./suppress_masker.ts";
export { SuppressModel } from "./suppress_model.ts";
