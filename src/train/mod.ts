/**
 * Training: models and the callbacks that listen to it.
 *
 * @module
 */
export type { Callback, TrainingState } from "./callback.ts";
export { DivergedError, type Metric, Model, type ModelOptions, type TrainingData, type TrainOptions } from "./model.ts";
export { CheckpointConfig, ModelCheckpoint } from "./model_checkpoint.ts";
export { type ExportedModel, exportModel } from "./export.ts";
export { LearningRateScheduler } from "./learning_rate_scheduler.ts";
export { LossMonitor, ProgressMonitor } from "./monitors.ts";
export type { Share, SparsityReport } from "./sparsity.ts";
export { SuppressMasker } from "./suppress_masker.ts";
export { SuppressModel } from "./suppress_model.ts";
