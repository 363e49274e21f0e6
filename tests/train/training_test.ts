/** Training: what models learn, and that a seed decides every bit. */
import { describe, test } from "node:test";
import { Dataset, DivergedError, drawnDigits, lenet5, type Metric, momentum, type Optimizer, sgd } from "../../mod.ts";
import { cpuProgram } from "../support/cpu_program.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "#std/assert";
import { digits, few, reader, readerModel, suppressedReader } from "../support/digit_reader.ts";
import { BUILDS } from "../support/engines.ts";
import { sha256 } from "../support/sha256.ts";

describe("a model", () => {
  for (const build of BUILDS) {
    test(`learns to read drawn digits that it has never seen (${build})`, async () => {
      const reading = await readerModel({ options: { build } });
      const unseen = new Dataset(drawnDigits(500, { seed: 2 }));
      assert((await reading.eval(unseen)).accuracy! < 0.3, "it could read before it had learnt");
      await reading.train(5, few(1500));
      // About 0.83, whatever the seed.
      const { accuracy } = await reading.eval(unseen);
      assert(accuracy! > 0.7, `it reads only ${accuracy}`);
    });

    test(`has the same bits after the same training, and others with any other seed (${build})`, async () => {
      const trained = async (seed: number, shuffle: number) => {
        const one = await readerModel({ options: { build }, network: lenet5({ seed }) });
        await one.train(1, few(320, { size: [32, 32], seed: shuffle }));
        return await sha256(Object.values(await one.parameters()));
      };
      const hashes = [await trained(1, 1), await trained(2, 1), await trained(1, 2)];
      assertEquals(await trained(1, 1), hashes[0]);
      assertEquals(new Set(hashes).size, 3);
    });

    test(`has the same bits after the same suppression, and others with another seed of the noise (${build})`, async () => {
      const trained = async (seed: number) => {
        const { model, masker } = await suppressedReader({ build }, { seed });
        const large = (await model.parameters())["conv1.weight"]!.map((w) => 2 * w);
        // Large enough for noise.
        await model.setParameters({ "conv1.weight": large }, { partial: true });
        await model.train(3, few(320), { batchSize: 16, callbacks: [masker] });
        return await sha256(Object.values(await model.parameters()));
      };
      const first = await trained(1);
      assertEquals(await trained(1), first);
      assertNotEquals(await trained(2), first);
    });

    test(`learns the same to the bit from integer and from one-hot labels (${build})`, async () => {
      const trained = async (labels: "integer" | "oneHot") => {
        const one = await readerModel({ options: { build } });
        await one.train(1, few(200, { labels, dropRemainder: false }));
        return await one.parameters();
      };
      assertEquals(await trained("oneHot"), await trained("integer"));
    });

    test(`allocates nothing after its first step (${build})`, () => {
      const machine = wasmMachine(build);
      let allocations = 0;
      const counting = new Proxy(machine, {
        get(target, key) {
          if (key === "allocate") allocations++;
          return Reflect.get(target, key, target);
        },
      });
      const program = cpuProgram(counting, reader(), { batchSize: 16, gradients: "parameters" });
      const data = few(320);
      const steps = (optimizer: Optimizer) => {
        for (const indices of data.epoch(1, 16)) {
          program.load(data, indices);
          program.trainStep(optimizer);
        }
      };
      assert(allocations > 0);
      for (const optimizer of [sgd({ lr: 0.1 }), momentum({ lr: 0.01 })]) {
        program.load(data, [0]);
        program.trainStep(optimizer);
        const before = [allocations, machine.bytes.byteLength];
        steps(optimizer);
        assertEquals([allocations, machine.bytes.byteLength], before, optimizer.kind);
      }
    });
  }

  test("is evaluated on every image once, in order, also when the batches do not divide them", async () => {
    const seen: number[] = [];
    const labels = {
      clear: () => seen.length = 0,
      update: (_: Float32Array, some: ArrayLike<number>) => seen.push(...Array.from(some)),
    };
    const count = { ...labels, value: () => seen.length };
    const { classes } = digits;
    let logits = 0;
    const sizes: Metric = { clear: () => logits = 0, update: (all) => logits += all.length, value: () => logits };
    const evaluated = await readerModel({ metrics: { count, sizes } });
    for (const images of [1, 31, 32, 33, 100]) {
      const data = few(images, { dropRemainder: images < 32 ? false : true, repeat: 2 });
      assertEquals(await evaluated.eval(data), { count: images, sizes: images * classes });
      assertEquals(seen, [...digits.labels.subarray(0, images)]);
    }
  });

  test("keeps parameters, masks and steps when it goes on with another batch size", async () => {
    const one = await readerModel({ optimizer: sgd({ lr: 0.1 }) });
    await one.train(2, few(64), { batchSize: 32 });
    const { settings, parameters, step } = await one.checkpoint();
    const masks = { "fc2.weight": new Uint8Array(320).fill(1, 5) };
    await one.restore({ settings, parameters, step, masks });
    const before = await one.parameters();
    let atFirst: Record<string, Float32Array> = {};
    const look = { onTrainBegin: async () => void (atFirst = await one.parameters()) };
    await one.train(1, few(64), { batchSize: 8, callbacks: [look] });
    assertEquals(atFirst, before);
    assertEquals([one.steps, (await one.masks())["fc2.weight"]], [12, masks["fc2.weight"]]);
    assertEquals((await one.parameters())["fc2.weight"]!.subarray(0, 5), new Float32Array(5));
  });

  test("refuses what it cannot train on, by name and number", async () => {
    const one = await readerModel();
    for (const epochs of [0, 1.5, NaN]) {
      await assertRejects(() => one.train(epochs, few(64)), RangeError, `epochs is ${epochs}; it must be a positive`);
    }
    await assertRejects(() => one.train(1, few(31)), RangeError, "batchSize is 32, but there are only 31 samples");
    const large = few(64, { size: [32, 32] });
    await assertRejects(
      () => one.train(1, large),
      RangeError,
      "images of [1,32,32] (channels, height, width), but the network takes [1,28,28]",
    );
    const classes = new Dataset({ ...digits, classes: 11 });
    await assertRejects(() => one.train(1, classes), RangeError, "11 classes, but the network has 10 outputs");
    await assertRejects(
      () => one.setParameters({ "fc9.weight": new Float32Array(1) }),
      RangeError,
      'no parameter is named "fc9.weight"',
    );
    await assertRejects(
      () => one.setParameters({ "fc1.bias": new Float32Array(1) }),
      RangeError,
      "fc1.bias takes 32 values, got 1",
    );
    await one.train(1, few(64));
  });

  test("says that it has diverged when the rate is far too large", async () => {
    const wild = await readerModel({ optimizer: sgd({ lr: 1e20 }) });
    const error = await assertRejects(
      () => wild.train(3, few(320)),
      DivergedError,
      "training diverged: the loss is NaN",
    );
    assertMatch(error.message, /at step 2 of epoch 1 \(step 2 of this training\).*; take a smaller lr than 10{20}$/);
    assertEquals(error.name, "DivergedError");
  });
});
