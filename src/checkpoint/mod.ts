/**
 * Files of trained networks: safetensors, and the checkpoints of MindSpore.
 *
 * @example Write a file and read it again
 * ```ts
 * import { decodeCheckpoint, encodeCheckpoint } from "@tacet/tacet/checkpoint";
 * const parameters = { "fc1.weight": { shape: [1, 2], data: Float32Array.of(0.5, 0) } };
 * const masks = { "fc1.weight": Uint8Array.of(1, 0) };
 * const bytes = encodeCheckpoint({ parameters, masks, step: 1, settings: {} }, { storage: "living" });
 * console.log(decodeCheckpoint(bytes).parameters["fc1.weight"]?.data); // Float32Array [0.5, 0]
 * ```
 *
 * @module
 */
export type { Checkpoint, SavedParameter } from "./checkpoint.ts";
export { CheckpointError, ChecksumError } from "./errors.ts";
export type { CheckpointReadOptions } from "./floats.ts";
export { decodeMindsporeCheckpoint, floatParameters } from "./mindspore.ts";
export {
  type CheckpointFileOptions,
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "./network_file.ts";
export type { OrdinaryStretch, PrivateStretch, TrainingRecord, TrainingStretch, UnknownStretch } from "./record.ts";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./safetensors.ts";
export { CheckpointStore } from "./store.ts";
export type { Dtype, DtypeArrays, Tensor, TensorOf } from "./tensor.ts";
