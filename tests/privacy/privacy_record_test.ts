/** What a model has spent in privacy: the record of its training, over calls, errors and the file of a checkpoint. */
import { describe, test } from "node:test";
import {
  CheckpointError,
  Dataset,
  decodeCheckpoint,
  decodeSafetensors,
  dpSgd,
  encodeCheckpoint,
  encodeSafetensors,
  epsilonOf,
  LearningRateScheduler,
  sgd,
  type TrainingStretch,
} from "../../mod.ts";
import {
  DELTA,
  digits,
  modelOf,
  NOISE,
  options,
  poisson,
  rule,
  shuffled,
  size,
  spending,
  spent,
  stopAfter,
} from "../support/private_model.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";

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
