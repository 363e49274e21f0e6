/**
 * The peer onnxruntime-web on WebAssembly: inference on one thread. Its interface is stated here as far as it is used,
 * so that type-checking does not need the package.
 */
import { readFileSync } from "node:fs";
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
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: unknown): Promise<Session>;
  };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => Tensor;
}

const { env, InferenceSession, Tensor } = createRequire(import.meta.url)(
  "onnxruntime-web",
) as OnnxRuntime;
env.wasm.numThreads = 1;
const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
const session = await InferenceSession.create(
  readFileSync(join(folder, "lenet5.onnx")),
  options,
);
const images = new Tensor("float32", Float32Array.from(task.images), [
  task.batch,
  1,
  32,
  32,
]);
await timeInference(async () => (await session.run({ images })).logits.data);
