/** Dropout and GELU where networks are trained, suppressed, exported and attacked. */
import { describe, test } from "node:test";
import {
  conv2d,
  Dataset,
  dense,
  dpSgd,
  drawnDigits,
  dropout,
  exportModel,
  flatten,
  gelu,
  GradientLeakageAttack,
  type Layer,
  maxPool2d,
  Model,
  momentum,
  openEngine,
  type Optimizer,
  sequential,
  sgd,
  sliceNetwork,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "#std/assert";

const engine = await openEngine();
const digits = new Dataset(drawnDigits(160, { seed: 3 }), { size: [12, 12] });

const LAYERS: readonly Layer[] = [
  conv2d({ channels: 6, kernel: 5 }),
  gelu(),
  maxPool2d(),
  flatten(),
  dropout({ rate: 0.25 }),
  dense({ outputs: 24 }),
  gelu(),
  dropout({ rate: 0.25 }),
  dense({ outputs: 10 }),
];
const network = sequential([1, 12, 12], LAYERS, { seed: 5 });
const modelOf = (optimizer: Optimizer = sgd({ lr: 0.1 })) => new Model({ engine, network, optimizer });

/** The parameters after steps of given numbers over the batches that a model takes. */
async function byHand(epochs: readonly (readonly [epoch: number, batchSize: number])[], from = 0) {
  let values = await modelOf().parameters(), step = from;
  for (const [epoch, batchSize] of epochs) {
    const program = engine.program(network, { batchSize, gradients: "parameters" });
    program.parameters.setValues(values);
    for (const indices of digits.epoch(epoch, batchSize)) {
      program.load(digits, indices);
      program.trainStep(sgd({ lr: 0.1 }), step++);
    }
    values = await program.parameters.values();
  }
  return values;
}

describe("training with dropout", () => {
  test("numbers its steps over all calls and batch sizes: no step leaves out what one before did", async () => {
    const model = modelOf();
    await model.train(1, digits, { batchSize: 20 });
    await model.train(1, digits, { batchSize: 20 });
    await model.train(1, digits, { batchSize: 16 });
    assertEquals(await model.parameters(), await byHand([[1, 20], [2, 20], [3, 16]]));
    assertNotEquals(await model.parameters(), await byHand([[1, 20], [2, 20], [3, 16]], 1));
  });

  test("goes on from a checkpoint with steps that it has not seen", async () => {
    const whole = modelOf(), first = modelOf(), second = modelOf();
    await whole.train(2, digits, { batchSize: 20 });
    await first.train(1, digits, { batchSize: 20 });
    await second.restore(await first.checkpoint());
    await second.train(1, digits, { batchSize: 20 });
    assertEquals(await second.parameters(), await whole.parameters());
  });

  test("of equal models gives equal bits, and other seeds of dropout others", async () => {
    const train = async (seed: number) => {
      const layers = LAYERS.map((layer) => layer.kind === "dropout" ? { ...layer, seed } : layer);
      const other = sequential([1, 12, 12], layers, { seed: 5 });
      const model = new Model({ engine, network: other, optimizer: momentum({ lr: 0.02 }) });
      await model.train(1, digits, { batchSize: 20 });
      return await model.parameters();
    };
    assertEquals(await train(1), await train(1));
    assertNotEquals(await train(1), await train(2));
  });

  test("is evaluated without it: twice alike, as the exported network", async () => {
    const model = modelOf();
    await model.train(2, digits, { batchSize: 20 });
    const exported = exportModel(network, await model.parameters()), outputs: Float32Array[] = [];
    for (
      const [one, values] of [[network, await model.parameters()], [exported.network, exported.parameters]] as const
    ) {
      const program = engine.program(one, { batchSize: 20 });
      program.parameters.setValues(values);
      program.load(digits, Array.from({ length: 20 }, (_, index) => index));
      program.forward();
      outputs.push(await program.output());
      program.forward();
      assertEquals(await program.output(), outputs.at(-1)!);
    }
    outputs[0]!.forEach((value, i) => assertAlmostEquals(value, outputs[1]![i]!, 1e-6));
    assertEquals(
      exported.network.layers.map(({ name }) => name),
      network.layers.map(({ name }) => name).filter((name) => !name.startsWith("drop")),
    );
  });

  test("by dpSgd draws for a step what it would in one part, and other elements in each step", async () => {
    const data = new Dataset(drawnDigits(160, { seed: 3 }), { size: [12, 12], sampling: "poisson", seed: 2 });
    const optimizer = dpSgd({ lr: 0.5, clip: 1, noiseMultiplier: 1, batchSize: 70, seed: 4 }),
      model = modelOf(optimizer);
    // A model takes 32 images at once, this program all.
    const program = engine.program(network, { batchSize: 160, gradients: "parameters" });
    let step = 0;
    for (const epoch of [1, 2]) {
      await model.train(1, data, { batchSize: 70 });
      for (const indices of data.epoch(epoch, 70)) {
        program.load(data, indices);
        program.clippedGradients(1, step);
        program.parameters.update(optimizer, step++);
      }
    }
    const values = await program.parameters.values();
    for (const [name, data] of Object.entries(await model.parameters())) {
      data.forEach((value, i) => assertAlmostEquals(value, values[name]![i]!, 1e-5, `${name}[${i}]`));
    }
  });
});

describe("a network that only drops", () => {
  test("stays what it is when it is exported", () => {
    const alone = sequential([1, 2, 2], [dropout({ rate: 0.5 })]);
    assertEquals(exportModel(alone, {}).network.layers.map(({ name }) => name), ["drop1"]);
  });
});

describe("suppression through GELU and dropout", () => {
  for (
    const layer of [
      { layerName: "fc1.weight", isAddNoise: false, isLowerClip: false, minNum: -1 },
      { layerName: "fc1", granularity: "unit", minNum: 6 },
      { layerName: "conv1", granularity: "unit", minNum: 2 },
    ] as const
  ) {
    const what = "granularity" in layer ? "unit" : "weight";
    test(`by ${what} silences ${layer.layerName}, and export leaves it out`, async () => {
      const epochs = 4, settings = { startEpoch: 1, endEpoch: epochs, batchNum: digits.batches(16), maskTimes: 8 };
      const control = SuppressPrivacyFactory.create(network, [layer], { ...settings, lr: 0.05, sparseEnd: 0.9 });
      const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.05 }) });
      model.linkSuppressCtrl(control);
      await model.train(epochs, digits, { batchSize: 16, callbacks: [new SuppressMasker(control)] });
      const values = await model.parameters(), { parameters, network: small, kept } = exportModel(network, values);
      const weight = `${layer.layerName.split(".")[0]}.weight`;
      const silent = values[weight]!.filter((value) => value === 0).length / values[weight]!.length;
      assert(silent > 0.6, `${silent} of ${weight} are silent`);
      if ("granularity" in layer) assertEquals(kept[layer.layerName]!.length, layer.minNum);
      const outputs: Float32Array[] = [];
      for (const [one, given] of [[network, values], [small, parameters]] as const) {
        const program = engine.program(one, { batchSize: 16 });
        program.parameters.setValues(given);
        program.load(digits, Array.from({ length: 16 }, (_, index) => index));
        program.forward();
        outputs.push(await program.output());
      }
      outputs[0]!.forEach((value, i) => assertAlmostEquals(value, outputs[1]![i]!, 1e-5));
    });
  }
});

describe("attacks on a network with dropout", () => {
  test("from gradients are refused: nobody tells the attack what was left out", async () => {
    const parameters = await modelOf().parameters(),
      make = (one: typeof network, values = parameters) =>
        new GradientLeakageAttack({ engine, network: one, parameters: values });
    assertThrows(() => make(network), TypeError, "drop1 is a layer of dropout");
    const exported = exportModel(network, parameters);
    make(exported.network, exported.parameters);
    make(sliceNetwork(network, "flatten"));
  });
});
