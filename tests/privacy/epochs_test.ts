/** Which batches a model draws, epoch by epoch: none twice, over calls, errors, checkpoints and restores. */
import { describe, test } from "node:test";
import { Dataset, decodeCheckpoint, encodeCheckpoint, sgd } from "../../mod.ts";
import {
  DELTA,
  digits,
  modelOf,
  options,
  poisson,
  rule,
  shuffled,
  size,
  stopAfter,
  watched,
} from "../support/private_model.ts";
import { assert, assertEquals, assertRejects } from "#std/assert";

describe("epochs", () => {
  for (
    const [name, dataset, optimizer] of [["Poisson", poisson, rule], ["shuffled", shuffled, sgd({ lr: 0.1 })]] as const
  ) {
    test(`draw new ${name} batches in each call of train, the same as in one call`, async () => {
      const { data, drawn } = watched(dataset), whole = watched(dataset), model = modelOf(optimizer);
      for (let call = 0; call < 3; call++) await model.train(1, data, options);
      assertEquals(new Set(drawn).size, 3);
      const once = modelOf(optimizer);
      await once.train(3, whole.data, options);
      assertEquals(drawn, whole.drawn);
      assertEquals(await model.parameters(), await once.parameters());
      assertEquals(model.privacy({ delta: DELTA }), once.privacy({ delta: DELTA }));
    });

    test(`that were broken off are not drawn again, neither by the model nor from its checkpoint (${name})`, async () => {
      const { data, drawn } = watched(dataset), model = modelOf(optimizer);
      await assertRejects(() => model.train(1, data, { ...options, callbacks: [stopAfter(2)] }), Error, "stop");
      const restored = modelOf(optimizer);
      await restored.restore(decodeCheckpoint(encodeCheckpoint(await model.checkpoint())));
      const epochs: number[] = [];
      for (const one of [model, restored]) {
        await one.train(1, data, {
          ...options,
          callbacks: [{ onEpochEnd: ({ epoch, modelEpoch }) => void epochs.push(epoch, modelEpoch) }],
        });
      }
      // Only what the first two steps drew is of epoch 1.
      const [first, ...others] = drawn;
      assert(others.every((batches) => !batches.startsWith(first!)));
      assertEquals(others[0], others[1]);
      assertEquals(epochs, [1, 2, 1, 2]);
      assertEquals([model.steps, restored.steps], [7, 7]);
    });
  }

  test("go on behind old checkpoints without a record, which may have begun as many as they have steps", async () => {
    const { data, drawn } = watched(poisson), { record: _, ...old } = await modelOf().checkpoint(), model = modelOf();
    await model.restore({ ...old, step: 5 });
    await model.train(1, data, options);
    const behind = [...poisson.epoch(6, 20)].map((batch) => `${batch};`).join("");
    assertEquals(drawn, [behind]);
  });
});

test('no two epochs draw the same Poisson batches, whatever the data sets\' "repeat" is', () => {
  const seen = new Map<string, string>();
  for (const repeat of [1, 2, 3, 6]) {
    const data = new Dataset(digits, { size, sampling: "poisson", repeat });
    for (let epoch = 1; epoch <= 12; epoch++) {
      const [first] = data.epoch(epoch, 20), key = first!.join(), before = seen.get(key);
      // The same epoch is asked for once in a training, so that it may be the same in both.
      assert(before === undefined || before === `${epoch}`, `epochs ${before} and ${epoch} draw the same`);
      seen.set(key, `${epoch}`);
    }
  }
  assertEquals(seen.size, 12);
});
