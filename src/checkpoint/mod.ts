/**
 * Files of trained networks: safetensors, and the checkpoints of MindSpore.
 *
 * @module
 */
export { CheckpointError, ChecksumError } from "./errors.ts";
export type { CheckpointReadOptions } from "./floats.ts";
export { decodeMindsporeCheckpoint, floatParameters } from "./mindspore.ts";
export {
  type Checkpoint,
  type CheckpointFileOptions,
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  type SavedParameter,
} from "./network_file.ts";
export type { OrdinaryStretch, PrivateStretch, TrainingRecord, TrainingStretch, UnknownStretch } from "./record.ts";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";
export { CheckpointStore } from "./store.ts";
export type { Dtype, DtypeArrays, Tensor, TensorOf } from "./tensor.ts";
