/** What a model has spent in privacy once a checkpoint is restored: nothing is lost, and nothing counted twice. */
import { describe, test } from "node:test";
import { type Checkpoint, dpSgd, type Model, sgd, type TrainingStretch } from "../../mod.ts";
import { joined } from "../../src/train/join_records.ts";
import { modelOf, options, poisson, rule, shuffled, spending, spent, watched } from "../support/private_model.ts";
import { assert, assertEquals, assertNotEquals, assertRejects } from "#std/assert";

describe("a restore", () => {
  const trained = async (epochs: number, optimizer = rule) => {
    const model = modelOf(optimizer);
    await model.train(epochs, poisson, options);
    return model;
  };
  const copyOf = async (model: Model, optimizer = rule) => {
    const copy = modelOf(optimizer);
    await copy.restore(await model.checkpoint());
    return copy;
  };

  test("of a new model takes the checkpoint's spending, and adds to it", async () => {
    const copy = await copyOf(await trained(2));
    assertEquals(spent(copy).epsilon, spending(10));
    await copy.train(1, poisson, options);
    assertEquals(spent(copy).epsilon, spending(15));
  });

  test("of a later or an earlier checkpoint of the same training counts nothing twice and loses nothing", async () => {
    const model = modelOf(), checkpoints: Checkpoint[] = [];
    const keep = { onStepEnd: async () => void checkpoints.push(await model.checkpoint()) };
    await model.train(2, poisson, { ...options, callbacks: [keep] });
    await model.train(1, poisson, { ...options, callbacks: [keep] });
    assertEquals(checkpoints.map(({ record }) => record!.stretches.length), [
      ...Array(10).fill(1),
      ...Array(5).fill(2),
    ]);
    const { data, drawn } = watched(poisson), before = modelOf();
    for (const at of [0, 9, 10, 14]) {
      await before.restore(checkpoints[at]!);
      assertEquals([before.steps, spent(before).epsilon], [at + 1, spending(at + 1)]);
    }
    for (const at of [12, 7, 0]) {
      await before.restore(checkpoints[at]!);
      assertEquals([before.steps, spent(before).epsilon], [at + 1, spending(15)]);
    }
    // What is drawn next was drawn by none of them.
    await before.train(1, data, options);
    assertEquals(drawn, [[...poisson.epoch(4, 20)].map((batch) => `${batch};`).join("")]);
    assertEquals(spent(before).epsilon, spending(20));
  });

  test("adds up what two branches spent behind their common beginning", async () => {
    const model = await trained(1), branch = await copyOf(model, dpSgd({ ...rule, seed: 7 }));
    await model.train(2, poisson, options);
    await branch.train(1, poisson, options);
    await model.restore(await branch.checkpoint());
    assertEquals(spent(model).epsilon, spending(5 + 10 + 5));
    // And once more: it knows that branch by now.
    await branch.restore(await model.checkpoint());
    assertEquals(spent(branch).epsilon, spending(20));
  });

  test("adds up what trainings spent that are alike in all but their seed", async () => {
    const model = await trained(1), other = await trained(1, dpSgd({ ...rule, seed: 7 })), again = await trained(1);
    await model.restore(await again.checkpoint());
    assertEquals(spent(model).epsilon, spending(5));
    await model.restore(await other.checkpoint());
    assertEquals(spent(model).epsilon, spending(10));
  });

  test("goes on with noise that neither has drawn", async () => {
    // The same parameters, the same batches: only the noise can differ.
    const one = { ...watched(poisson).data, epoch: () => [[0, 1, 2]] };
    const still = dpSgd({ ...rule, lr: 1e-30 }), first = modelOf(still), moves: Float32Array[] = [];
    const { record } = await (await trained(1)).checkpoint();
    for (let call = 0; call < 3; call++) {
      if (call === 2) await first.restore({ ...await modelOf().checkpoint(), record: record! });
      first.setLearningRate(1);
      const before = (await first.parameters())["fc1.weight"]!;
      await first.train(1, one, options);
      moves.push((await first.parameters())["fc1.weight"]!.map((weight, i) => weight - before[i]!));
      await first.setParameters(await modelOf().parameters());
    }
    assertNotEquals(moves[0], moves[1]);
    assertNotEquals(moves[0], moves[2]);
    assertNotEquals(moves[1], moves[2]);
  });

  test("of a checkpoint without a record promises nothing, unless somebody vouches for it", async () => {
    const { record: _, ...foreign } = await modelOf().checkpoint();
    const doubtful = modelOf(), vouched = modelOf();
    await doubtful.restore(foreign);
    await vouched.restore(foreign, { publicData: true });
    for (const model of [doubtful, vouched]) await model.train(1, poisson, options);
    assertEquals([spent(doubtful).epsilon, spent(vouched).epsilon], [Infinity, spending(5)]);
    assert(spent(doubtful).why!.includes("publicData: true"), spent(doubtful).why);
    // The doubt goes on with its checkpoints, and so does the word that was given.
    assertEquals(spent(await copyOf(doubtful)).epsilon, Infinity);
    assertEquals(spent(await copyOf(vouched)).epsilon, spending(5));
    // It does not take the model's own past away.
    const own = await trained(1);
    await own.restore(foreign, { publicData: true });
    assertEquals(spent(own).epsilon, spending(5));
  });

  test("of ordinary training costs everything, unless it was on public data; private steps always count", async () => {
    const plain = modelOf(sgd({ lr: 0.1 }));
    await plain.train(1, shuffled, options);
    const tuned = modelOf();
    await tuned.restore(await plain.checkpoint(), { publicData: true });
    await tuned.train(1, poisson, options);
    assertEquals(spent(tuned).epsilon, spending(5));
    assertEquals(spent(await copyOf(plain)).epsilon, Infinity);
    const copy = modelOf();
    await copy.restore(await tuned.checkpoint(), { publicData: true });
    assertEquals(spent(copy).epsilon, spending(5));
  });

  test("refuses a record that cannot be, and changes nothing", async () => {
    const model = await trained(1), before = await model.parameters(), good = await modelOf().checkpoint();
    const record = { epochs: 1, stretches: [{ ...model.record.stretches[0]!, steps: 0 }] };
    await assertRejects(() => model.restore({ ...good, record }), RangeError, 'steps "0" in stretches[0]');
    await assertRejects(() => model.restore({ ...good, step: -1 }), RangeError, "the checkpoint's step is -1");
    assertEquals([await model.parameters(), spent(model).epsilon], [before, spending(5)]);
  });

  test("keeps of any two records every stretch that is not in both", () => {
    const p = (steps: number, mark: string): TrainingStretch => ({
      ...{ kind: "private", steps, mark, samplingRate: 0.1, noiseMultiplier: 1, clip: 1, lr: [1, 1] },
      ...{ batchSize: 1, samples: 10 },
    });
    const unknown: TrainingStretch = { kind: "unknown", steps: 3 };
    const names = (stretches: readonly TrainingStretch[]) =>
      stretches.map((one) => `${one.kind === "private" ? one.mark : "?"}${one.steps}`).join(" ");
    const table: [TrainingStretch[], TrainingStretch[], string][] = [
      [[], [p(1, "a")], "a1"],
      [[p(1, "a")], [], "a1"],
      [[p(1, "a")], [p(2, "a"), p(1, "b")], "a2 b1"],
      [[p(2, "a"), p(1, "b")], [p(1, "a")], "a2 b1"],
      [[p(2, "a"), p(1, "b")], [p(3, "a")], "a3 b1"],
      [[p(3, "a")], [p(2, "a"), p(1, "b")], "a3 b1"],
      [[p(1, "a")], [p(1, "c")], "a1 c1"],
      [[p(1, "")], [p(1, "")], "1 1"],
      [[unknown, p(1, "a")], [p(1, "a")], "?3 a1"],
      [[p(2, "a"), p(5, "b")], [p(2, "a"), p(4, "c"), p(5, "b")], "a2 b5 c4"],
      [[unknown], [unknown, unknown], "?3 ?3"],
      [[unknown], [{ ...unknown, steps: 4 }], "?3 ?4"],
      [[unknown], [{ ...unknown, publicData: true }], "?3 ?3"],
      [[unknown], [unknown, p(1, "a")], "?3 a1"],
    ];
    for (const [own, other, expected] of table) assertEquals(names(joined(own, other)), expected);
  });
});
