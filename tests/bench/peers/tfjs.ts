/**
 * The peer TensorFlow.js on WebAssembly: inference on one thread. Its interface is stated here as far as it is used, so
 * that type-checking does not need the packages.
 */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { task, timeInference } from "./peer.ts";

interface Tensor {
  dataSync(): Float32Array;
}
interface Convolution {
  readonly x: Tensor;
  readonly filter: Tensor;
  readonly strides: number;
  readonly pad: "valid";
  readonly activation: "relu";
}
interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias: Tensor;
  readonly activation?: "relu";
}
interface TensorFlow {
  readonly fused: {
    conv2d(options: Convolution): Tensor;
    matMul(options: Product): Tensor;
  };
  maxPool(x: Tensor, size: number, strides: number, pad: "valid"): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  tensor(values: readonly number[], shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  setBackend(name: string): Promise<boolean>;
  tidy<T>(work: () => T): T;
}
interface WasmBackend {
  setThreadsCount(threads: number): void;
  setWasmPaths(folder: string): void;
}

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs-core") as TensorFlow;
const wasm = require("@tensorflow/tfjs-backend-wasm") as WasmBackend;
wasm.setWasmPaths(
  dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep,
);
wasm.setThreadsCount(1);
if (!await tf.setBackend("wasm")) {
  throw new Error("TensorFlow.js has no wasm backend here");
}

// Images and kernels are [image][row][column][channel] and [row][column][channel][output] here.
const { parameters, batch } = task;
const tensor = (name: string, shape: readonly number[]) => tf.tensor(parameters[name]!, shape);
const kernel = (name: string, shape: readonly number[]) => tf.transpose(tensor(name, shape), [2, 3, 1, 0]);
const matrix = (name: string, shape: readonly number[]) => tf.transpose(tensor(name, shape), [1, 0]);
const images = tf.transpose(tf.tensor(task.images, [batch, 1, 32, 32]), [
  0,
  2,
  3,
  1,
]);
const conv1 = kernel("conv1.weight", [6, 1, 5, 5]),
  conv2 = kernel("conv2.weight", [16, 6, 5, 5]);
const byPixel = tf.transpose(tensor("fc1.weight", [120, 16, 5, 5]), [
  2,
  3,
  1,
  0,
]);
const fc1 = tf.reshape(byPixel, [400, 120]), bias1 = tensor("fc1.bias", [120]);
const fc2 = matrix("fc2.weight", [84, 120]), bias2 = tensor("fc2.bias", [84]);
const fc3 = matrix("fc3.weight", [10, 84]), bias3 = tensor("fc3.bias", [10]);

function pooled(x: Tensor, filter: Tensor): Tensor {
  return tf.maxPool(
    tf.fused.conv2d({
      x,
      filter,
      strides: 1,
      pad: "valid",
      activation: "relu",
    }),
    2,
    2,
    "valid",
  );
}

await timeInference(() =>
  tf.tidy(() => {
    const features = tf.reshape(pooled(pooled(images, conv1), conv2), [
      batch,
      400,
    ]);
    const first = tf.fused.matMul({
      a: features,
      b: fc1,
      bias: bias1,
      activation: "relu",
    });
    const second = tf.fused.matMul({
      a: first,
      b: fc2,
      bias: bias2,
      activation: "relu",
    });
    return tf.fused.matMul({ a: second, b: fc3, bias: bias3 }).dataSync();
  })
);
