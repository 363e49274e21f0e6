import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import {
  accuracy,
  Dataset,
  type EngineOptions,
  lenet5,
  type MaskLayerDes,
  mnist,
  openEngine,
  ProgressMonitor,
  sgd,
  SuppressMasker,
  SuppressModel,
  type SuppressOperation,
  type SuppressOptions,
  SuppressPrivacyFactory,
  type TrainingData,
} from "../../mod.ts";
import { missing, mnistFolder } from "../support/shared_data.ts";
import { engineMissing, goldenMissing, goldenSettings, goldenTensors } from "./golden.ts";

interface Training {
  readonly config: Required<SuppressOptions>;
  readonly batchSize: number;
  readonly maskLayers: readonly MaskLayerDes[];
  readonly operations: readonly {
    readonly step: number;
    readonly targetSparsity: number;
    readonly masked: Readonly<Record<string, number>>;
  }[];
}

const engines: readonly EngineOptions[] = [{ build: "relaxed" }, { build: "simd128" }, { engine: "webgpu" }];
const skip = goldenMissing("training") || missing(mnistFolder);

async function accuracyOf(values: (name: string) => ArrayLike<number>, test: Dataset): Promise<number> {
  const network = lenet5();
  const model = new SuppressModel({
    engine: await openEngine(),
    network,
    optimizer: sgd({ lr: 0.05 }),
    metrics: { accuracy: accuracy() },
  });
  await model.setParameters(
    Object.fromEntries(network.parameters.map(({ name }) => [name, Float32Array.from(values(name))])),
  );
  return (await model.eval(test)).accuracy!;
}

describe("suppressed training against the reference's", () => {
  for (const options of engines) {
    test(`follows its losses and its masks over four epochs (${options.engine ?? "wasm"} ${options.build ?? ""})`, {
      skip: skip || engineMissing(options),
    }, async () => {
      const golden = goldenTensors("training");
      const { config, batchSize, maskLayers, operations: expected } = goldenSettings<Training>("training");
      const order = golden.i32("order"), losses = golden.f64("losses.f64");
      const dataset = new Dataset(await mnist(mnistFolder, "train"), { size: [32, 32] });
      const { source, size, scale, labels } = dataset;
      const data: TrainingData = {
        source,
        size,
        scale,
        labels,
        batches: () => config.batchNum,
        *epoch(epoch) {
          for (let batch = 0; batch < config.batchNum; batch++) {
            const first = ((epoch - 1) * config.batchNum + batch) * batchSize;
            yield order.subarray(first, first + batchSize);
          }
        },
      };
      const network = lenet5();
      const control = SuppressPrivacyFactory.create(network, maskLayers, config);
      const model = new SuppressModel({
        engine: await openEngine(options),
        network,
        optimizer: sgd({ lr: config.lr }),
      });
      await model.setParameters(
        Object.fromEntries(network.parameters.map(({ name }) => [name, golden.f32(`initial.${name}`)])),
      );
      model.linkSuppressCtrl(control);
      const operations: SuppressOperation[] = [], ours: number[] = [];
      const record = new ProgressMonitor(async (state) => void ours.push((await state.loss())!));
      const masker = new SuppressMasker(control, (operation) => operations.push(operation));
      await model.train(config.endEpoch, data, { batchSize, callbacks: [record, masker] });

      assertEquals(ours.length, losses.length);
      const plain = (config.startEpoch - 1) * config.batchNum;
      for (let step = 0; step < plain; step++) {
        assertAlmostEquals(ours[step]!, losses[step]!, 1e-4, `loss of step ${step + 1}`);
      }
      for (let from = plain; from < losses.length; from += 100) {
        const mean = (values: ArrayLike<number>) =>
          Array.from({ length: 100 }, (_, i) => values[from + i]!).reduce((a, b) => a + b) / 100;
        assertAlmostEquals(mean(ours), mean(losses), 0.02, `mean loss of the steps from ${from + 1}`);
      }
      assertEquals(
        operations.map(({ step, targetSparsity }) => ({ step, targetSparsity })),
        expected.map(({ step, targetSparsity }) => ({ step, targetSparsity })),
      );
      for (const [index, operation] of operations.entries()) {
        for (const { name, count } of control.maskLayers) {
          const tolerance = Math.max(3, count / 1000);
          assertAlmostEquals(
            operation.suppressed[name]!,
            expected[index]!.masked[name]!,
            tolerance,
            `${name} at step ${operation.step}`,
          );
        }
      }
      const test = new Dataset(await mnist(mnistFolder, "test"), { size: [32, 32] });
      const final = await model.parameters();
      const reached = await accuracyOf((name) => final[name]!, test);
      assertAlmostEquals(reached, await accuracyOf((name) => golden.f64(`final.${name}`), test), 0.006);
      assert(reached > 0.9, `accuracy is ${reached}`);
    });
  }
});
