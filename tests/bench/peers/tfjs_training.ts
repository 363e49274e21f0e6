/**
 * The peer TensorFlow.js on WebGPU: a training step by its optimizer. Its interface is stated here as far as it is
 * used, so that type-checking does not need the packages.
 */
import type { Training, TrainingTask } from "./training.ts";

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
/** The package; importing its backend registers that. */
export interface TensorFlow {
  setBackend(name: "webgpu"): Promise<boolean>;
  ready(): Promise<void>;
  add(a: Tensor, b: Tensor): Tensor;
  conv2d(x: Tensor, filter: Tensor, strides: number, pad: "valid"): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  maxPool(x: Tensor, size: number, strides: number, pad: "valid"): Tensor;
  oneHot(labels: Tensor, classes: number): Tensor;
  relu(x: Tensor): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  tensor1d(values: readonly number[], type: "int32"): Tensor;
  tidy<T>(work: () => T): T;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  variable(first: Tensor): Tensor;
  readonly losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  readonly train: { sgd(rate: number): { minimize(loss: () => Tensor, returnCost: true): Tensor } };
}

/**
 * Prepares the training. Images and kernels are `[image][row][column][channel]` and `[row][column][channel][output]`
 * here.
 */
export async function tfjsTraining(tf: TensorFlow, task: TrainingTask): Promise<Training> {
  if (!await tf.setBackend("webgpu")) throw new Error("TensorFlow.js has no WebGPU here");
  await tf.ready();
  const { batch } = task;
  const tensor = (name: string) => tf.tensor(task.parameters[name]!.values, task.parameters[name]!.shape);
  const turned = (name: string, order: readonly number[]) => tf.variable(tf.transpose(tensor(name), order));
  const conv1 = turned("conv1.weight", [2, 3, 1, 0]), conv2 = turned("conv2.weight", [2, 3, 1, 0]);
  const byPixel = tf.transpose(tf.reshape(tensor("fc1.weight"), [120, 16, 5, 5]), [2, 3, 1, 0]);
  const fc1 = tf.variable(tf.reshape(byPixel, [400, 120]));
  const fc2 = turned("fc2.weight", [1, 0]), fc3 = turned("fc3.weight", [1, 0]);
  const [bias1, bias2, bias3] = ["fc1.bias", "fc2.bias", "fc3.bias"].map((name) => tf.variable(tensor(name)));
  const images = tf.transpose(tf.tensor(task.images, [batch, 1, 32, 32]), [0, 2, 3, 1]);
  const labels = tf.oneHot(tf.tensor1d(task.labels, "int32"), 10);
  const block = (x: Tensor, filter: Tensor) => tf.maxPool(tf.relu(tf.conv2d(x, filter, 1, "valid")), 2, 2, "valid");
  const dense = (x: Tensor, weight: Tensor, bias: Tensor | undefined) => tf.add(tf.matMul(x, weight), bias!);
  const meanLoss = () => {
    const features = tf.reshape(block(block(images, conv1), conv2), [batch, 400]);
    const first = tf.relu(dense(features, fc1, bias1)), second = tf.relu(dense(first, fc2, bias2));
    return tf.losses.softmaxCrossEntropy(labels, dense(second, fc3, bias3));
  };
  const optimizer = tf.train.sgd(task.rate);
  let last: Tensor | undefined;
  return {
    step() {
      last?.dispose();
      last = optimizer.minimize(meanLoss, true);
    },
    loss: async () => (await last!.data())[0]!,
  };
}
