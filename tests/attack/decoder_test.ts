import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  adam,
  dense,
  DivergedError,
  type Engine,
  flatten,
  LearnedDecoder,
  openEngine,
  relu,
  sequential,
  sgd,
  sigmoid,
} from "../../mod.ts";
import { draws } from "../support/draws.ts";
import { noThreads } from "../support/here.ts";

const network = sequential([5, 1, 1], [flatten(), dense({ outputs: 7 }), relu(), dense({ outputs: 3 }), sigmoid()], {
  seed: 4,
});

describe("regression", () => {
  test("has the gradients that finite differences give", async () => {
    const engine = await openEngine({ engine: "reference", build: "float64" });
    const program = engine.program(network, { batchSize: 4, gradients: "parameters" });
    const { parameters } = program, targets = draws(12, 2);
    program.setInput(draws(20, 1, -1, 1));
    const nothing = sgd({ lr: Number.MIN_VALUE });
    const lossAt = async (name: string, values: Float32Array, at: number, step: number) => {
      const moved = values.slice();
      moved[at]! += step;
      parameters.setValues({ [name]: moved });
      program.regressStep(targets, nothing);
      parameters.setValues({ [name]: values });
      return await program.loss();
    };
    const all = await parameters.values();
    program.regressStep(targets, nothing);
    const gradients = new Map<string, Float32Array>();
    for (const name of Object.keys(all)) gradients.set(name, await parameters.gradient(name));
    for (const [name, gradient] of gradients) {
      for (let at = 0; at < gradient.length; at += 3) {
        const step = 2 ** -10;
        const slope = (await lossAt(name, all[name]!, at, step) - await lossAt(name, all[name]!, at, -step)) /
          (2 * step);
        assertAlmostEquals(gradient[at]!, slope, 2e-6, `${name}[${at}]`);
      }
    }
  });

  test("by Adam follows its definition, and keeps masked weights at 0", async () => {
    for (const engine of [await openEngine({ threads: 1 }), await openEngine({ engine: "reference" })]) {
      const program = engine.program(network, { batchSize: 4, gradients: "parameters" });
      const { parameters } = program, targets = draws(12, 2);
      const kept = Uint8Array.from({ length: 35 }, (_, i) => Number(i % 3 > 0));
      parameters.setMasks({ "fc1.weight": kept });
      program.setInput(draws(20, 1, -1, 1));
      const names = ["fc1.weight", "fc2.bias"], expected = await parameters.values();
      const m = new Map(names.map((name) => [name, new Float64Array(35)]));
      const v = new Map(names.map((name) => [name, new Float64Array(35)]));
      for (let t = 1; t <= 5; t++) {
        program.regressStep(targets, adam({ lr: 0.02, beta1: 0.8, beta2: 0.9 }));
        for (const name of names) {
          const gradient = await parameters.gradient(name), first = m.get(name)!, second = v.get(name)!;
          gradient.forEach((g, i) => {
            first[i] = 0.8 * first[i]! + 0.2 * g;
            second[i] = 0.9 * second[i]! + 0.1 * g * g;
            const step = first[i]! / (1 - 0.8 ** t) / (Math.sqrt(second[i]! / (1 - 0.9 ** t)) + 1e-8);
            const w = expected[name]!;
            w[i] = name === "fc1.weight" && kept[i] === 0 ? 0 : w[i]! - 0.02 * step;
          });
        }
      }
      const values = await parameters.values();
      for (const name of names) {
        expected[name]!.forEach((w, i) =>
          assertAlmostEquals(values[name]![i]!, w, 1e-5, `${engine.name} ${name}[${i}]`)
        );
      }
      kept.forEach((one, i) => assert(one === 1 || values["fc1.weight"]![i] === 0));
    }
  });

  test("by Adam takes a suppress operation's deWeights beside its own step", async () => {
    const name = "fc1.weight", lr = 0.02;
    for (const engine of [await openEngine({ threads: 1 }), await openEngine({ engine: "reference" })]) {
      const [plain, masked] = [1, 2].map(() =>
        engine.program(network, { batchSize: 4, gradients: "parameters" }).parameters
      );
      masked!.addMask(name);
      const rule = {
        lr,
        stop: 12,
        minNum: -1,
        isLowerClip: false,
        isAddNoise: false,
        upperBound: 0.1,
        seed: 1,
        stream: 2,
      };
      await masked!.suppressExact(name, rule);
      const deWeights = await masked!.deWeight(name), kept = (await masked!.masks())[name]!;
      for (const parameters of [plain!, masked!]) {
        parameters.setGradient(name, draws(35, 3, -1, 1));
        parameters.update(adam({ lr }));
      }
      const expected = (await plain!.values())[name]!, values = (await masked!.values())[name]!;
      assert(deWeights.some((value, i) => value !== 0 && kept[i] === 1), "some kept weights are pulled back");
      assertEquals(kept.filter((one) => one === 0).length, 12);
      values.forEach((value, i) => {
        if (kept[i] === 0) assertEquals(value, 0);
        else assertAlmostEquals(value, expected[i]! - lr * deWeights[i]!, 1e-6, `${engine.name} [${i}]`);
      });
    }
  });

  test("refuses targets that do not fit and programs without gradients, by name", async () => {
    const engine = await openEngine();
    const program = engine.program(network, { batchSize: 4, gradients: "parameters" });
    assertThrows(() => program.regressStep(draws(12, 1), sgd({ lr: 1 })), TypeError, "no batch");
    program.setInput(draws(20, 1));
    assertThrows(() => program.regressStep(draws(11, 1), sgd({ lr: 1 })), RangeError, "4 images of 3 targets");
    const still = engine.program(network, { batchSize: 4 });
    still.setInput(draws(20, 1));
    assertThrows(() => still.regressStep(draws(12, 1), sgd({ lr: 1 })), TypeError, "computes no gradients");
    assertThrows(() => adam({ beta1: 1 }), RangeError, "beta1 is 1");
    assertThrows(() => adam({ epsilon: 0 }), RangeError, "epsilon is 0");
  });
});

/** Images of 4 x 4 pixels and 12 features of each: a fixed linear map and ReLU. */
function examples(count: number, seed: number): { images: Float32Array; features: Float32Array } {
  const map = draws(12 * 16, 1, -1, 1), images = draws(count * 16, seed);
  const features = Float32Array.from({ length: count * 12 }, (_, i) => {
    let sum = 0;
    for (let pixel = 0; pixel < 16; pixel++) {
      sum += map[i % 12 * 16 + pixel]! * images[Math.floor(i / 12) * 16 + pixel]!;
    }
    return Math.max(sum, 0);
  });
  return { images, features };
}

function error(a: Float32Array, b: (i: number) => number): number {
  return a.reduce((sum, value, i) => sum + (value - b(i)) ** 2, 0) / a.length;
}

describe("a learned decoder", () => {
  const train = (engine: Engine, onProgress?: (done: number, total: number) => void) =>
    LearnedDecoder.train({
      engine,
      ...examples(2000, 5),
      shape: [1, 4, 4],
      hidden: [64],
      epochs: 15,
      seed: 2,
      ...(onProgress && { onProgress }),
    });

  test("brings back far more of unseen images than their mean, and the same on any number of threads", {
    skip: noThreads,
  }, async () => {
    const progress: string[] = [];
    const decoder = await train(await openEngine({ threads: 1 }), (done, total) => progress.push(`${done}/${total}`));
    const { images, features } = examples(500, 6);
    const decoded = await decoder.generate(features);
    const found = error(decoded, (i) => images[i]!), mean = error(images, () => 0.5);
    assert(found < 0.8 * mean, `${found} against ${mean}`);
    assert(decoded.every((pixel) => pixel >= 0 && pixel <= 1));
    assertEquals([progress.length, progress.at(-1)], [15 * 32, "480/480"]);
    assertEquals(await (await train(await openEngine({ threads: 2 }))).generate(features), decoded);
  });

  test("learns the same from bytes as from shares of 255", async () => {
    const engine = await openEngine(), { images, features } = examples(100, 8);
    const bytes = Uint8Array.from(images, (pixel) => Math.round(255 * pixel));
    const options = { engine, features, shape: [1, 4, 4] as const, hidden: [8], epochs: 2 };
    const fromBytes = await LearnedDecoder.train({ ...options, images: bytes });
    const fromShares = await LearnedDecoder.train({
      ...options,
      images: Float32Array.from(bytes, (byte) => byte / 255),
    });
    assertEquals(fromBytes.parameters, fromShares.parameters);
  });

  test("learns from features that are all 0: what it gives is near the mean", async () => {
    const engine = await openEngine(), { images } = examples(200, 8), features = new Float32Array(200);
    const decoder = await LearnedDecoder.train({ engine, features, images, shape: [1, 4, 4], hidden: [4], epochs: 30 });
    const decoded = await decoder.generate(new Float32Array(1));
    decoded.forEach((pixel, i) => assertAlmostEquals(pixel, 0.5, 0.2, `pixel ${i}`));
  });

  test("decodes images one by one as it does together", async () => {
    const decoder = await train(await openEngine());
    const { features } = examples(3, 7);
    const together = await decoder.generate(features);
    for (let i = 0; i < 3; i++) {
      assertEquals(await decoder.generate(features.slice(12 * i, 12 * (i + 1))), together.slice(16 * i, 16 * (i + 1)));
    }
  });

  test("refuses what does not fit, by name", async () => {
    const engine = await openEngine();
    const good = { engine, ...examples(10, 1), shape: [1, 4, 4] as const };
    const refused = (options: object, text: string) =>
      assertRejects(() => LearnedDecoder.train({ ...good, ...options }), RangeError, text);
    await refused({ images: new Float32Array(17) }, "images has 17 values");
    await refused({ features: new Float32Array(11) }, "features 11");
    await refused({ features: Float32Array.from({ length: 20 }, (_, i) => i === 7 ? NaN : i) }, "features[7] is NaN");
    await refused({ epochs: 0 }, "epochs is 0");
    await refused({ batchSize: 1.5 }, "batchSize is 1.5");
    await refused({ hidden: [0] }, "hidden is 0");
    const decoder = await LearnedDecoder.train({ ...good, epochs: 1, hidden: [4] });
    await assertRejects(() => decoder.generate(new Float32Array(13)), RangeError, "targetFeatures has 13 values");
  });

  test("that diverges says at which step, and gives no decoder", async () => {
    const features = draws(40, 6), images = draws(40, 7).map(Math.abs), shape = [1, 1, 1] as const;
    const engine = await openEngine({ engine: "wasm", threads: 1 });
    const train = (lr: number) =>
      LearnedDecoder.train({ engine, features, images, shape, hidden: [8], batchSize: 8, epochs: 4, lr });
    const { step, epoch, stepInEpoch } = await assertRejects(
      () => train(1e38),
      DivergedError,
      "the loss is NaN at step",
    );
    assert(step > 1 && step === 5 * (epoch - 1) + stepInEpoch, `step ${step} is ${stepInEpoch} of epoch ${epoch}`);
    await train(0.001);
  });
});
