/** The benchmark of the webgpu engine in a page: a training step of LeNet-5, and its dispatches. */
import { Dataset, drawnDigits, lenet5, openEngine, sgd } from "../../mod.ts";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { trainingDispatches } from "./dispatches.ts";
import { median, repeatedRates } from "./measure.ts";

const post = async (body: object) => void await fetch("/result", { method: "POST", body: JSON.stringify(body) });

try {
  const batch = Number(new URLSearchParams(location.search).get("batch") ?? 32), gpu = runtimeGpu();
  const engine = await openEngine({ engine: "webgpu" });
  const program = engine.program(lenet5(), { batchSize: batch, gradients: "parameters" });
  const dataset = new Dataset(drawnDigits(batch), { size: [32, 32] }), indices = [...Array(batch).keys()];
  // Each run waits for its loss: rates of work done, not of work enqueued.
  const run = async () => {
    for (let step = 0; step < 4; step++) {
      program.load(dataset, indices);
      program.trainStep(sgd({ lr: 1e-6 }));
    }
    await program.loss();
  };
  const runs = await repeatedRates({ run, units: 4 }, 5);
  const row = { case: "train", engine: engine.name, build: engine.build, threads: 1, batch, sparsity: 0 };
  await post({ ...row, perSecond: median(runs), runs });
  for (const dispatch of await trainingDispatches(gpu!, batch)) await post({ case: "dispatch", ...dispatch });
} catch (error) {
  await post({ error: String((error as Error).stack ?? error) });
}
await post({ done: true });
