/**
 * The peer jax-js on WebGPU: a training step, compiled by its `jit`. Its interface is stated here as far as it is used,
 * so that type-checking does not need the package.
 */
import type { Training, TrainingTask } from "./training.ts";

/** An array; an operation uses its arguments up, `ref` keeps one. */
interface Arr {
  readonly ref: Arr;
  add(other: Arr): Arr;
  sub(other: Arr): Arr;
  mul(other: Arr | number): Arr;
  sum(): Arr;
  reshape(shape: readonly number[]): Arr;
  transpose(): Arr;
  data(): Promise<Float32Array>;
  dispose(): void;
}
type Parameters = Record<string, Arr>;
/** The package. */
export interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): unknown;
  blockUntilReady(arrays: unknown): Promise<unknown>;
  jit<T extends unknown[], R>(f: (...args: T) => R): (...args: T) => R;
  valueAndGrad(f: (p: Parameters, x: Arr, y: Arr) => Arr): (p: Parameters, x: Arr, y: Arr) => [Arr, Parameters];
  readonly lax: {
    conv(x: Arr, w: Arr, strides: readonly number[], padding: "VALID"): Arr;
    reduceWindow(x: Arr, f: (window: Arr) => Arr, size: readonly number[], strides: readonly number[]): Arr;
  };
  readonly nn: { relu(x: Arr): Arr; logSoftmax(x: Arr): Arr };
  readonly numpy: { array(values: Float32Array): Arr; matmul(a: Arr, b: Arr): Arr; max(x: Arr): Arr };
  readonly tree: { ref<T>(of: T): T };
}

/** Prepares the training. */
export async function jaxTraining(
  jax: Jax,
  { batch, images, labels, parameters, rate }: TrainingTask,
): Promise<Training> {
  const { lax, nn, numpy: np } = jax;
  if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("jax-js has no WebGPU here");
  jax.defaultDevice("webgpu");
  const block = (x: Arr, w: Arr) =>
    lax.reduceWindow(nn.relu(lax.conv(x, w, [1, 1], "VALID")), (window) => np.max(window), [1, 1, 2, 2], [1, 1, 2, 2]);
  const dense = (x: Arr, w: Arr, b: Arr) => np.matmul(x, w.transpose()).add(b);
  const meanLoss = (p: Parameters, x: Arr, y: Arr) => {
    const features = block(block(x, p["conv1.weight"]!), p["conv2.weight"]!).reshape([batch, 400]);
    const first = nn.relu(dense(features, p["fc1.weight"]!, p["fc1.bias"]!));
    const second = nn.relu(dense(first, p["fc2.weight"]!, p["fc2.bias"]!));
    return nn.logSoftmax(dense(second, p["fc3.weight"]!, p["fc3.bias"]!)).mul(y).sum().mul(-1 / batch);
  };
  const lossAndGradients = jax.valueAndGrad(meanLoss);
  const train = jax.jit((p: Parameters, x: Arr, y: Arr): [Arr, Parameters] => {
    const [loss, gradients] = lossAndGradients(jax.tree.ref(p), x, y);
    const moved = Object.entries(gradients).map(([name, gradient]) => [name, p[name]!.sub(gradient.mul(rate))]);
    return [loss, Object.fromEntries(moved)];
  });
  const oneHot = new Float32Array(10 * batch);
  labels.forEach((label, image) => oneHot[10 * image + label] = 1);
  const x = np.array(images).reshape([batch, 1, 32, 32]), y = np.array(oneHot).reshape([batch, 10]);
  let current: Parameters = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, values }]) => [name, np.array(values).reshape(shape)]),
  );
  await jax.blockUntilReady([x, y, current]);
  let last: Arr | undefined;
  return {
    step() {
      last?.dispose();
      [last, current] = train(current, x.ref, y.ref);
    },
    async loss() {
      const [loss] = await last!.ref.data();
      await jax.blockUntilReady(current);
      return loss!;
    },
  };
}
