/** A checkpoint of two parameters, NaN among their values. */
import type { Checkpoint } from "../../src/checkpoint/checkpoint.ts";

export const small: Checkpoint = {
  parameters: {
    "conv1.weight": { shape: [2, 1, 1, 2], data: Float32Array.of(0.5, 0, -1, NaN) },
    "fc1.bias": { shape: [1], data: Float32Array.of(3) },
  },
  masks: { "conv1.weight": Uint8Array.of(1, 0, 1, 1) },
  step: 1875,
  settings: { lr: 0.05, layers: [{ name: "conv1.weight", minNum: 10 }], note: null },
};
