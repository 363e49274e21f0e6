/** What a model takes from a checkpoint, and that nothing is left of what was before. */
import { describe, test } from "node:test";
import { adam, dpSgd, momentum, openEngine, sgd, sizeOf } from "../../mod.ts";
import { assertEquals } from "#std/assert";
import { few, reader, readerModel } from "../support/digit_reader.ts";
import { ENGINES } from "../support/engines.ts";
import { checkpoint, modelOn, saved, SMALL } from "../support/saved.ts";

for (const options of ENGINES) {
  const engine = `${options.engine} ${options.build ?? ""}`.trim();

  describe(`restoring a checkpoint (${engine})`, () => {
    test("takes parameters, masks and steps, and reports that nothing was in the way", async () => {
      const model = await modelOn(options), masks = { "fc1.bias": Uint8Array.of(1, 0, 1) };
      const fit = await model.restore(checkpoint(saved(SMALL), { masks }));
      assertEquals(fit, { prefix: "", missing: [], other: [] });
      const { "fc1.bias": bias, ...rest } = await model.parameters();
      assertEquals(bias, Float32Array.of(1, 0, 3));
      for (const [name, values] of Object.entries(rest)) assertEquals(values, saved(SMALL)[name]!.data);
      assertEquals([await model.masks(), model.steps], [masks, 7]);
    });

    test("drops the masks that the checkpoint does not have, and trains their weights again", async () => {
      const model = await modelOn(options, reader(), sgd({ lr: 0.1 }));
      const one = await model.checkpoint();
      // So few weights live that the kernels follow lists.
      const masks = Object.fromEntries(["conv1.weight", "fc1.weight", "fc2.weight"].map((name) => {
        return [name, Uint8Array.from(one.parameters[name]!.data, (_, i) => Number(i % 50 === 0))];
      }));
      await model.restore({ ...one, masks });
      await model.train(1, few(64));
      await model.restore({ ...one, masks: { "fc2.weight": masks["fc2.weight"]! } });
      assertEquals(await model.masks(), { "fc2.weight": masks["fc2.weight"]! });
      await model.restore(one);
      assertEquals([await model.masks(), await model.parameters()], [
        {},
        Object.fromEntries(Object.entries(one.parameters).map(([name, { data }]) => [name, data])),
      ]);
      const fresh = await modelOn(options, reader(), sgd({ lr: 0.1 }));
      for (const batchSize of [32, 16]) {
        await model.train(1, few(64, { shuffleBuffer: 0 }), { batchSize });
        await fresh.train(1, few(64, { shuffleBuffer: 0 }), { batchSize });
      }
      assertEquals([await model.parameters(), await model.masks()], [await fresh.parameters(), {}]);
      // And may be masked once more.
      await model.restore({ ...one, masks });
      assertEquals(await model.masks(), masks);
    });

    for (const optimizer of [momentum({ lr: 0.02 }), adam({ lr: 0.01 })]) {
      test(`begins ${optimizer.kind} anew: it trains as a fresh model does`, async () => {
        const used = await readerModel({ options, optimizer }), fresh = await readerModel({ options, optimizer });
        const first = await used.checkpoint();
        await used.train(1, few(64));
        await used.restore(first);
        // The same batches in the same order.
        const data = few(64, { shuffleBuffer: 0 });
        await used.train(1, data);
        await fresh.train(1, data);
        assertEquals(await used.parameters(), await fresh.parameters());
      });
    }

    test("recovers a program whose gradients, masks and sums are left over from before", async () => {
      const one = await openEngine(options);
      const [used, fresh] = [0, 1].map(() => one.program(SMALL, { batchSize: 2, gradients: "parameters" }).parameters);
      used!.setMasks({ "fc1.weight": new Uint8Array(24).fill(1, 12) });
      for (const { name, shape } of SMALL.parameters) {
        used!.setGradient(name, new Float32Array(sizeOf(shape)).fill(7));
      }
      used!.addGradients();
      await used!.suppressExact("fc1.weight", {
        stop: 20,
        minNum: -1,
        lr: 0.1,
        isLowerClip: false,
        isAddNoise: false,
        upperBound: 1.2,
        seed: 1,
        stream: 1,
      });
      const plan = checkpoint(saved(SMALL), { masks: { "fc1.bias": Uint8Array.of(1, 0, 1) } });
      const rule = dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 4, seed: 3 });
      for (const parameters of [used!, fresh!]) {
        parameters.restore(plan);
        parameters.update(rule, 5);
      }
      assertEquals(await used!.values(), await fresh!.values());
      assertEquals(await used!.masks(), await fresh!.masks());
    });
  });
}
