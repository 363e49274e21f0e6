/** What the peers of inference have to do: one network, one batch of images, and the outputs that it must give. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Dataset, drawnDigits, lenet5, openEngine, pixels } from "../../../mod.ts";
import { lenet5Onnx } from "./onnx_model.ts";

const BATCH = 32;

/** Writes the task into a folder: `lenet5.onnx` and `task.json`. */
export async function writeTask(folder: string): Promise<void> {
  const engine = await openEngine();
  const program = engine.program(lenet5({ seed: 1 }), { batchSize: BATCH });
  const dataset = new Dataset(drawnDigits(BATCH), { size: [32, 32] });
  const images = await pixels(
    engine,
    dataset,
    Array.from({ length: BATCH }, (_, i) => i),
  );
  program.setInput(images);
  program.forward();
  const parameters = await program.parameters.values();
  const plain = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, [...values]]),
  );
  const task: Task = {
    batch: BATCH,
    images: [...images],
    parameters: plain,
    logits: [...await program.output()],
  };
  await writeFile(join(folder, "task.json"), JSON.stringify(task));
  await writeFile(join(folder, "lenet5.onnx"), lenet5Onnx(parameters, BATCH));
}

/** A batch to be classified. */
export interface Task {
  readonly batch: number;
  /** `[batch][1][32][32]`. */
  readonly images: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** What the network answers, `[batch][10]`. */
  readonly logits: readonly number[];
}
