/**
 * Differentially private training: each example's gradient is clipped, whatever the network; the noise is what the
 * optimizer says; the data must be sampled as the accountant assumes.
 */
import { describe, test } from "node:test";
import {
  accuracy,
  averagePool2d,
  conv2d,
  Dataset,
  type DatasetOptions,
  dense,
  dpSgd,
  drawnDigits,
  type Engine,
  flatten,
  lenet5,
  maxPool2d,
  Model,
  type Network,
  openEngine,
  relu,
  residual,
  sequential,
  sgd,
  sigmoid,
  type TrainingData,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "#std/assert";
import { noThreads } from "../support/here.ts";

/** The best build on the CPU; a GPU is held against it by the tests of the GPU. */
const CPU = { engine: "wasm" } as const;
const digits = drawnDigits(400);
const few = (count: number, options: DatasetOptions = {}) => new Dataset(digits, { limit: count, ...options });
const small = { kernel: 3, channels: 4 } as const;
const NETWORKS: readonly [name: string, network: Network, size: readonly [number, number]][] = [
  ["LeNet-5", lenet5({ seed: 2 }), [32, 32]],
  [
    "strides, padding, biases, mean pooling and sigmoids",
    sequential([1, 12, 12], [
      conv2d({ ...small, padding: 1, stride: 2 }),
      sigmoid(),
      averagePool2d(),
      conv2d({ channels: 3, kernel: [2, 1] }),
      flatten(),
      dense({ outputs: 10, bias: false }),
      sigmoid(),
    ], { seed: 3 }),
    [12, 12],
  ],
  [
    "overlapping max-pools behind ReLU, with a bias",
    sequential([1, 12, 12], [
      conv2d(small),
      relu(),
      maxPool2d({ window: 3, stride: 1 }),
      maxPool2d({ window: 2, stride: 1 }),
      flatten(),
      dense({ outputs: 10 }),
    ], { seed: 4 }),
    [12, 12],
  ],
  [
    "residuals, one in another and around dense layers",
    sequential([1, 12, 12], [
      residual([conv2d({ channels: 1, kernel: 3, padding: 1 })]),
      conv2d({ ...small, stride: 2 }),
      relu(),
      residual([relu(), conv2d({ ...small, padding: 1 }), residual([conv2d({ ...small, padding: 1 })]), relu()]),
      flatten(),
      dense({ outputs: 10 }),
      residual([dense({ outputs: 10 }), sigmoid()]),
    ], { seed: 5 }),
    [12, 12],
  ],
];

/** Each example's own gradient, one by one. */
async function ownGradients(engine: Engine, network: Network, data: Dataset, indices: readonly number[]) {
  const program = engine.program(network, { batchSize: 1, gradients: "parameters" }), { parameters } = program;
  const gradients: Record<string, Float32Array>[] = [];
  for (const index of indices) {
    program.load(data, [index]);
    program.gradients();
    gradients.push(
      Object.fromEntries(
        await Promise.all(
          parameters.specs.map(async ({ name }) => [name, await parameters.gradient(name)] as const),
        ),
      ),
    );
  }
  return gradients;
}

const lengthOf = (gradient: Record<string, Float32Array>) =>
  Math.sqrt(Object.values(gradient).reduce((sum, part) => sum + part.reduce((s, g) => s + g * g, 0), 0));

/** By how much an update of rate 1 without noise moved each parameter, over `batchSize`. */
async function movedBy(engine: Engine, network: Network, data: Dataset, parts: readonly number[][], clip: number) {
  const program = engine.program(network, { batchSize: 32, gradients: "parameters" });
  const before = await program.parameters.values();
  for (const part of parts) {
    program.load(data, part);
    program.clippedGradients(clip);
  }
  program.parameters.update(dpSgd({ lr: 1, clip, noiseMultiplier: 0, batchSize: 1 }));
  const after = await program.parameters.values();
  return Object.fromEntries(
    Object.entries(after).map(([name, values]) => [name, values.map((value, i) => before[name]![i]! - value)]),
  );
}

describe("clipped gradients", () => {
  for (const [name, network, size] of NETWORKS) {
    test(`add up each example's own gradient, clipped as a whole: ${name}`, async () => {
      const data = few(40, { size }), indices = Array.from({ length: 13 }, (_, i) => 3 * i);
      for (const options of [{ engine: "reference" }, { engine: "wasm", build: "simd128" }, CPU] as const) {
        const engine = await openEngine(options), own = await ownGradients(engine, network, data, indices);
        const lengths = own.map(lengthOf).sort((a, b) => a - b);
        // Half of the examples are clipped.
        const clip = lengths[6]!;
        const moved = await movedBy(engine, network, data, [indices.slice(0, 5), indices.slice(5)], clip);
        for (const { name } of network.parameters) {
          const expected = new Float64Array(moved[name]!.length);
          for (const gradient of own) {
            const factor = Math.min(1, clip / lengthOf(gradient));
            gradient[name]!.forEach((g, i) => expected[i]! += factor * g);
          }
          const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          // The weights were rounded when the update moved them: by 2^-24 of their size, which is below 1.
          moved[name]!.forEach((value, i) => assertAlmostEquals(value, expected[i]!, 2e-5 * scale + 2e-7));
        }
      }
    });
  }

  test("never exceed the bound: one example moves the parameters by clip at most, and all that is above moves by as much", async () => {
    const [, network, size] = NETWORKS[0]!, engine = await openEngine(CPU), data = few(40, { size });
    for (const clip of [0.01, 0.5]) {
      for (const index of [0, 1, 2]) {
        const length = lengthOf(await movedBy(engine, network, data, [[index]], clip));
        const [own] = await ownGradients(engine, network, data, [index]);
        assertAlmostEquals(length, Math.min(clip, lengthOf(own!)), 1e-4 * clip + 1e-5);
      }
    }
  });

  test("are the same bits for any number of threads", { skip: noThreads }, async () => {
    const [, network, size] = NETWORKS[0]!, data = few(40, { size });
    const [one, two] = await Promise.all([1, 2].map(async (threads) => {
      const engine = await openEngine({ threads });
      return movedBy(engine, network, data, [[1, 2, 3, 4, 5, 6, 7, 8, 9]], 0.3);
    }));
    assertEquals(one, two);
  });
});

describe("differentially private training", () => {
  const network = sequential([1, 12, 12], [flatten(), dense({ outputs: 10 })], { seed: 1 });
  const poisson: DatasetOptions = { size: [12, 12], sampling: "poisson" };
  const model = async (noiseMultiplier: number, seed = 1, batchSize = 20) => {
    const optimizer = dpSgd({ lr: 0.5, clip: 0.5, noiseMultiplier, batchSize, seed });
    return new Model({ engine: await openEngine(CPU), network, optimizer, metrics: { accuracy: accuracy() } });
  };

  test("adds noise of the deviation it says to every parameter, another one in each step", async () => {
    const engine = await openEngine(CPU), program = engine.program(network, { batchSize: 8, gradients: "parameters" });
    const optimizer = dpSgd({ lr: 0.1, clip: 2, noiseMultiplier: 3, batchSize: 5 });
    const steps: Float32Array[] = [];
    for (let step = 0; step < 2; step++) {
      const { "fc1.weight": before } = await program.parameters.values();
      program.parameters.update(optimizer);
      const { "fc1.weight": after } = await program.parameters.values();
      steps.push(after!.map((value, i) => (value - before![i]!) / (0.1 * 2 * 3 / 5)));
    }
    for (const noise of steps) {
      const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
      const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
      // 1440 draws: within 4 standard deviations.
      assert(Math.abs(mean) < 4 / Math.sqrt(1440), `mean ${mean}`);
      assert(Math.abs(variance - 1) < 4 * Math.sqrt(2 / 1440), `variance ${variance}`);
    }
    const correlation = steps[0]!.reduce((sum, value, i) => sum + value * steps[1]![i]!, 0) / 1440;
    assert(Math.abs(correlation) < 4 / Math.sqrt(1440), `correlation ${correlation}`);
  });

  test("learns, and the same seed gives the same bits", async () => {
    const data = few(400, poisson), [first, again, other] = [await model(0.5), await model(0.5), await model(0.5, 2)];
    for (const one of [first, again, other]) await one.train(6, data, { batchSize: 20 });
    assertEquals(await first.parameters(), await again.parameters());
    assertNotEquals(await first.parameters(), await other.parameters());
    const { accuracy } = await first.eval(few(400, { size: [12, 12] }));
    assert(accuracy! > 0.6, `accuracy ${accuracy}`);
    assertEquals(first.steps, 120);
  });

  test("goes on from a checkpoint with noise that was not drawn before", async () => {
    const data = few(100, poisson), whole = await model(1), half = await model(1), rest = await model(1);
    await whole.train(1, data, { batchSize: 20 });
    await half.train(1, data, { batchSize: 20 });
    await rest.restore(await half.checkpoint());
    const before = await rest.parameters();
    await rest.train(1, data, { batchSize: 20 });
    const fresh = await model(1);
    await fresh.setParameters(before);
    await fresh.train(1, data, { batchSize: 20 });
    assertNotEquals(await rest.parameters(), await fresh.parameters());
  });

  test("refuses data and settings for which the accounting would not hold, by name", async () => {
    const shuffled = few(100, { size: [12, 12] });
    await assertRejects(async () => (await model(1)).train(1, shuffled, { batchSize: 20 }), TypeError, "Poisson");
    await assertRejects(
      async () => (await model(1)).train(1, few(100, poisson), { batchSize: 10 }),
      RangeError,
      "batchSize is 10, but the optimizer was made for batchSize 20",
    );
    const plain = new Model({ engine: await openEngine(CPU), network, optimizer: sgd({ lr: 0.1 }) });
    await assertRejects(() => plain.train(1, few(100, poisson), { batchSize: 20 }), TypeError, "poisson");
    const program = (await openEngine(CPU)).program(network, { batchSize: 1, gradients: "parameters" });
    program.load(few(1, { size: [12, 12] }), [0]);
    const optimizer = dpSgd({ lr: 1, clip: 1, noiseMultiplier: 1, batchSize: 1 });
    assertThrows(
      () => program.regressStep(new Float32Array(10), optimizer),
      TypeError,
      "regressStep clips no gradients",
    );
    const good = { lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 8 };
    for (
      const [wrong, message] of [
        [{ clip: 0 }, "clip is 0"],
        [{ noiseMultiplier: -1 }, "noiseMultiplier is -1"],
        [{ batchSize: 1.5 }, "batchSize is 1.5"],
        [{ seed: -1 }, "seed is -1"],
        [{ lr: Infinity }, "lr is Infinity"],
        [{ clip: 1e-10 }, "clip is 1e-10; it must be from 2^-30 to 2^60"],
        [{ clip: 1e19 }, "clip is 10000000000000000000; it must be from 2^-30 to 2^60"],
        [{ clip: 1e15, noiseMultiplier: 1e16 }, "noiseMultiplier is 10000000000000000; times clip"],
      ] as const
    ) {
      assertThrows(() => dpSgd({ ...good, ...wrong }), RangeError, message);
      // Made by hand it is no better.
      const options = { engine: await openEngine(CPU), network, optimizer: { ...dpSgd(good), ...wrong } };
      assertThrows(() => new Model(options), RangeError, message);
    }
  });

  /** Data made by hand that say they are sampled as dpSgd wants it. */
  const byHand = (batches: readonly (readonly number[])[], samples?: number): TrainingData => {
    const { source, size, scale, labels } = few(100, { size: [12, 12] });
    const counted = samples === undefined ? {} : { samples };
    return { source, size, scale, labels, ...counted, sampling: "poisson", batches: () => 3, epoch: () => batches };
  };

  test("refuses batches that are no Poisson samples before it computes with them", async () => {
    const first = [1, 2, 3],
      refused = async (batch: readonly number[], message: string) => {
        const one = await model(1), other = await model(1);
        await assertRejects(() => one.train(1, byHand([first, batch]), { batchSize: 20 }), RangeError, message);
        await other.train(1, byHand([first]), { batchSize: 20 });
        // Neither now nor in the next step anything of the refused batch is in the parameters.
        for (const half of [one, other]) {
          assertEquals(half.steps, 1);
          await half.train(1, byHand([[4]]), { batchSize: 20 });
        }
        assertEquals(await one.parameters(), await other.parameters());
        assertEquals(one.privacy({ delta: 0.01 }), other.privacy({ delta: 0.01 }));
      };
    const part = Array.from({ length: 25 }, (_, i) => i);
    await refused(
      [...part, 400],
      "an index of batch 2 is 400; it must be an integer from 0 to 399, the images of the data",
    );
    await refused([...part, -1], "an index of batch 2 is -1");
    await refused([...part, 1.5], "an index of batch 2 is 1.5");
    await refused([...part, NaN], "an index of batch 2 is NaN");
    await refused([...part, 7], "image 7 is twice in batch 2");
    const all = Array.from({ length: 400 }, (_, i) => i);
    await refused(all, "drew 403 images in 2 batches where 40 are expected");
  });

  test("takes the number of samples from the data, by default all images of the source", async () => {
    const rate = async (data: TrainingData) => {
      const one = await model(1);
      await one.train(1, data, { batchSize: 20 });
      const [stretch] = one.record.stretches;
      return stretch?.kind === "private" && [stretch.samplingRate, stretch.samples];
    };
    assertEquals(await rate(byHand([[1]])), [0.05, 400]);
    assertEquals(await rate(byHand([[1]], 50)), [0.4, 50]);
    assertEquals(await rate(byHand([[1]], 10)), [1, 10]);
    assertEquals(await rate(few(100, poisson)), [0.2, 100]);
    assertEquals(await rate(few(10, { ...poisson, dropRemainder: false })), [1, 10]);
    for (const samples of [0, 1.5, 401, NaN]) {
      await assertRejects(() => rate(byHand([[1]], samples)), RangeError, `the data's samples is ${samples}`);
    }
  });

  test("has noise only as long as none comes again", async () => {
    const program = (await openEngine(CPU)).program(network, { batchSize: 1, gradients: "parameters" });
    const optimizer = dpSgd({ lr: 1, clip: 1, noiseMultiplier: 1, batchSize: 1 }), last = (2 ** 31 - 2 ** 29) / 2 - 1;
    program.parameters.update(optimizer, last);
    assertThrows(() => program.parameters.update(optimizer, last + 1), RangeError, "take another seed for more steps");
  });
});
