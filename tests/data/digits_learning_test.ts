import { assert } from "#std/assert";
import { describe, test } from "node:test";
import { accuracy, Dataset, drawnDigits, lenet5, mnist, Model, momentum, openEngine } from "../../mod.ts";
import { missing, mnistFolder } from "../support/shared_data.ts";

describe("the drawn digits", () => {
  test("teach a LeNet-5 that has seen nothing else to read at least 85 % of MNIST's test digits", {
    skip: missing(mnistFolder),
  }, async () => {
    const engine = await openEngine();
    const model = new Model({
      engine,
      network: lenet5(),
      optimizer: momentum({ lr: 0.01 }),
      metrics: { accuracy: accuracy() },
    });
    await model.train(4, new Dataset(drawnDigits(10_000), { size: [32, 32] }), { batchSize: 32 });
    const reached = await model.eval(new Dataset(await mnist(mnistFolder, "test"), { size: [32, 32] }));
    assert(reached.accuracy! >= 0.85, `accuracy on MNIST is ${reached.accuracy}`);
  });
});
