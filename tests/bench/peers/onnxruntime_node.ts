/**
 * The peer onnxruntime-node, native code: inference on one thread. Its interface is stated here as far as it is used,
 * so that type-checking does not need the package.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { folder, task, timeInference } from "./peer.ts";

interface Tensor {
  readonly data: Float32Array;
}
interface Session {
  run(
    feeds: Readonly<Record<string, Tensor>>,
  ): Promise<{ readonly logits: Tensor }>;
}
interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: unknown): Promise<Session>;
  };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => Tensor;
}

const { InferenceSession, Tensor } = createRequire(import.meta.url)(
  "onnxruntime-node",
) as OnnxRuntime;
const options = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
};
const session = await InferenceSession.create(
  join(folder, "lenet5.onnx"),
  options,
);
const images = new Tensor("float32", Float32Array.from(task.images), [
  task.batch,
  1,
  32,
  32,
]);
await timeInference(async () => (await session.run({ images })).logits.data);
