/** What a model has spent in privacy: the record of its training, over calls, errors, checkpoints and restores. */
import { describe, test } from "node:test";
import {
  type Checkpoint,
  CheckpointError,
  Dataset,
  decodeCheckpoint,
  decodeSafetensors,
  dense,
  dpSgd,
  drawnDigits,
  encodeCheckpoint,
  encodeSafetensors,
  epsilonOf,
  flatten,
  LearningRateScheduler,
  Model,
  type ModelOptions,
  openEngine,
  sequential,
  sgd,
  type TrainingData,
  type TrainingStretch,
} from "../../mod.ts";
import { joined } from "../../src/train/join_records.ts";
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "#std/assert";

const DELTA = 1e-4, NOISE = 1.3;
const engine = await openEngine({ engine: "wasm", threads: 1 });
const network = sequential([1, 12, 12], [flatten(), dense({ outputs: 10 })], { seed: 1 });
const digits = drawnDigits(200), size = [12, 12] as const;
const poisson = new Dataset(digits, { size, limit: 100, sampling: "poisson" });
const shuffled = new Dataset(digits, { size, limit: 100 });
const rule = dpSgd({ lr: 0.5, clip: 0.5, noiseMultiplier: NOISE, batchSize: 20 });
const modelOf = (optimizer: ModelOptions["optimizer"] = rule) => new Model({ engine, network, optimizer });
const options = { batchSize: 20 };
/** What so many steps spend of an epoch's 5 each. */
const spending = (steps: number) =>
  epsilonOf({ samplingRate: 0.2, noiseMultiplier: NOISE, steps, delta: DELTA }).epsilon;
const spent = (model: Model) => model.privacy({ delta: DELTA });

/** The data, and which batches of them were drawn, epoch by epoch. */
function watched(data: Dataset): { readonly data: TrainingData; readonly drawn: string[] } {
  const drawn: string[] = [];
  const epoch = function* (epoch: number, batchSize: number) {
    const at = drawn.push("") - 1;
    for (const batch of data.epoch(epoch, batchSize)) {
      drawn[at] += `${batch};`;
      yield batch;
    }
  };
  const { source, size, scale, labels, sampling, samples } = data;
  return { drawn, data: { source, size, scale, labels, sampling, samples, batches: (b) => data.batches(b), epoch } };
}

/** Stops training after so many steps. */
const stopAfter = (steps: number) => ({
  onStepEnd: ({ step }: { step: number }) => {
    if (step === steps) throw new Error("stop");
  },
});

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

describe("the privacy spent", () => {
  test("is 0 before the first step, and that of all steps of all calls afterwards", async () => {
    const model = modelOf();
    assertEquals(spent(model).epsilon, 0);
    for (let call = 1; call <= 4; call++) {
      await model.train(1, poisson, options);
      const { epsilon, steps, delta, why } = spent(model);
      assertEquals([epsilon, steps, delta, why], [spending(5 * call), 5 * call, DELTA, undefined]);
    }
    assertEquals(model.record.epochs, 4);
    assertEquals(model.record.stretches.length, 4);
    const { mark, ...stretch } = model.record.stretches[0] as Extract<TrainingStretch, { kind: "private" }>;
    assertEquals(stretch, {
      kind: "private",
      samplingRate: 0.2,
      noiseMultiplier: NOISE,
      clip: 0.5,
      batchSize: 20,
      samples: 100,
      steps: 5,
      lr: [0.5, 0.5],
    });
    assert(/^[0-9a-f]{16}$/.test(mark), mark);
  });

  test("counts the steps that were taken, not those that were planned", async () => {
    const model = modelOf();
    await assertRejects(() => model.train(9, poisson, { ...options, callbacks: [stopAfter(13)] }), Error, "stop");
    assertEquals([spent(model).steps, spent(model).epsilon, model.steps], [13, spending(13), 13]);
  });

  test("is composed over data of other sizes and other batches", async () => {
    const model = modelOf(), more = new Dataset(digits, { size, sampling: "poisson", repeat: 2 });
    await model.train(1, poisson, options);
    await model.train(1, more, options);
    assertEquals(model.record.stretches.map((one) => one.kind === "private" && [one.samplingRate, one.steps]), [
      [0.2, 5],
      [0.1, 20],
    ]);
    const { epsilon } = spent(model);
    assert(epsilon > spending(5) && epsilon < spending(25));
    assert(epsilon > epsilonOf({ samplingRate: 0.1, noiseMultiplier: NOISE, steps: 20, delta: DELTA }).epsilon);
  });

  test("does not depend on the rate, whose range is noted", async () => {
    const model = modelOf(), scheduler = new LearningRateScheduler((lr, epoch) => epoch === 2 ? lr / 5 : lr);
    await model.train(3, poisson, { ...options, callbacks: [scheduler] });
    const [stretch, ...others] = model.record.stretches;
    assertEquals(stretch?.kind === "private" && stretch.lr, [0.1, 0.5]);
    assertEquals([others.length, spent(model).epsilon], [0, spending(15)]);
  });

  test("is infinite without noise and after ordinary training, and says why", async () => {
    for (const noiseMultiplier of [0, 2 ** -30]) {
      const bare = modelOf(dpSgd({ ...rule, noiseMultiplier }));
      await bare.train(1, poisson, options);
      assertEquals(spent(bare), {
        epsilon: Infinity,
        delta: DELTA,
        steps: 5,
        why: "5 private steps were taken without noise",
      });
    }
    const plain = modelOf(sgd({ lr: 0.1 }));
    await plain.train(1, shuffled, options);
    const { epsilon, steps, why } = spent(plain);
    assertEquals([epsilon, steps], [Infinity, 0]);
    assert(why!.includes("5 steps were taken without differential privacy"), why);
    // More noise than the accountant takes spends no more than the most that it takes.
    const loud = modelOf(dpSgd({ ...rule, noiseMultiplier: 2 ** 30 }));
    await loud.train(1, poisson, options);
    assert(spent(loud).epsilon < 0.01);
  });

  test("wants options that the accountant takes, whatever the record", () => {
    assertThrows(() => modelOf().privacy({ delta: 0 }), RangeError, "delta is 0");
    assertThrows(() => modelOf().privacy({ delta: DELTA, orders: [1] }), RangeError, "orders[0] is 1");
  });
});

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

describe("parameters set by hand", () => {
  test("are of unknown origin, unless somebody vouches for them", async () => {
    const values = await modelOf().parameters(), doubtful = modelOf(), vouched = modelOf();
    for (let i = 0; i < 3; i++) {
      await doubtful.setParameters(values);
      await vouched.setParameters(values, { publicData: true });
    }
    assertEquals(doubtful.record.stretches, [{ kind: "unknown", steps: 0 }]);
    assertEquals([spent(doubtful).epsilon, spent(vouched).epsilon], [Infinity, 0]);
  });
});

describe("the file of a checkpoint", () => {
  const step = async () => {
    const model = modelOf(dpSgd({ ...rule, seed: 4_000_000_123 }));
    await model.train(1, poisson, options);
    return await model.checkpoint();
  };

  test("brings back the record, dense and living", async () => {
    const checkpoint = await step();
    for (const storage of ["dense", "living"] as const) {
      assertEquals(decodeCheckpoint(encodeCheckpoint(checkpoint, { storage })).record, checkpoint.record);
    }
  });

  test("does not hold the seed of the noise", async () => {
    const checkpoint = await step(), { seed: _, ...rest } = rule;
    assertEquals(checkpoint.settings["optimizer"], rest);
    const text = JSON.stringify(
      Object.fromEntries(Object.entries(decodeSafetensors(encodeCheckpoint(checkpoint)).metadata)),
    );
    assert(!text.includes("4000000123"), text);
  });

  test("without a record is one of which nothing is known; a damaged or newer record is refused", async () => {
    const checkpoint = await step(), { record, ...old } = checkpoint, [stretch] = record!.stretches;
    assertEquals(Object.hasOwn(decodeCheckpoint(encodeCheckpoint(old)), "record"), false);
    const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpoint));
    const refuse = (text: string, found: string) => {
      const bytes = encodeSafetensors(tensors, { ...metadata, "tacet.training": text });
      assertThrows(() => decodeCheckpoint(bytes, "a.safetensors"), CheckpointError, found);
    };
    refuse("{", "a.safetensors: found training record");
    refuse("[]", "found training record");
    refuse("{}", 'found epochs "undefined"');
    refuse(JSON.stringify({ ...record, epochs: -1 }), 'found epochs "-1"');
    refuse(JSON.stringify({ ...record, stretches: 1 }), "without stretches");
    refuse(JSON.stringify({ ...record, public: true }), 'found "public" in the training record');
    const one = (changes: object) => JSON.stringify({ epochs: 1, stretches: [{ ...stretch, ...changes }] });
    refuse(one({ kind: "shielded" }), 'kind "shielded"');
    refuse(one({ steps: 1.5 }), 'steps "1.5" in stretches[0]');
    refuse(one({ samplingRate: 0 }), "samplingRate");
    refuse(one({ samplingRate: 1.1 }), "samplingRate");
    refuse(one({ noiseMultiplier: -1 }), "noiseMultiplier");
    refuse(one({ noiseMultiplier: "1.1" }), "noiseMultiplier");
    refuse(one({ lr: [2, 1] }), "lr");
    refuse(one({ mark: "../x" }), "mark");
    refuse(one({ publicData: true }), 'found "publicData" in stretches[0]');
    refuse(one({ kind: "toString" }), 'kind "toString"');
    assertThrows(
      () => encodeCheckpoint({ ...old, record: { epochs: 0.5, stretches: [] } }),
      RangeError,
      'record: found epochs "0.5"',
    );
  });
});
