import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  Dataset,
  dense,
  drawnDigits,
  type Engine,
  exportModel,
  flatten,
  LearningRateScheduler,
  lenet5,
  lenet5MaskLayers,
  type MaskLayerDes,
  Model,
  openEngine,
  Random,
  sequential,
  sgd,
  sigmoid,
  sizeOf,
  type SuppressCtrl,
  SuppressMasker,
  SuppressModel,
  type SuppressOperation,
  type SuppressOptions,
  SuppressPrivacyFactory,
  type UnitLayerDes,
} from "../../mod.ts";
import { resolveUnitLayers } from "../../src/suppress/units.ts";
import { noThreads } from "../support/here.ts";
import { importances, silencedUnits, unitMasks } from "../support/units.ts";

const digits = new Dataset(drawnDigits(640), { size: [32, 32] });
const fc1: UnitLayerDes = { layerName: "fc1", granularity: "unit", minNum: 8 };

/** Trains LeNet-5 for three epochs with the given layers suppressed. */
async function suppressed(
  engine: Engine,
  layers: readonly (MaskLayerDes | UnitLayerDes)[],
  options: SuppressOptions = {},
): Promise<{ model: SuppressModel; control: SuppressCtrl; operations: SuppressOperation[] }> {
  const network = lenet5({ seed: 3 });
  const settings = { startEpoch: 1, endEpoch: 3, batchNum: 20, maskTimes: 12, sparseEnd: 0.95, ...options };
  const control = SuppressPrivacyFactory.create(network, layers, settings);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.05 }) });
  model.linkSuppressCtrl(control);
  const operations: SuppressOperation[] = [];
  const masker = new SuppressMasker(control, (operation) => operations.push(operation));
  await model.train(control.settings.epochs, digits, { batchSize: 32, callbacks: [masker] });
  return { model, control, operations };
}

/** The units of fc1 that say something: one of their weights or their bias is not 0. */
function livingUnits(values: Record<string, Float32Array>): number[] {
  return Array.from({ length: 120 }, (_, unit) => unit).filter((unit) =>
    values["fc1.weight"]!.subarray(unit * 400, (unit + 1) * 400).some((w) => w !== 0) || values["fc1.bias"]![unit] !== 0
  );
}

describe("suppression by unit", () => {
  test("leaves as many units as asked for, and silences what makes and what reads the others", async () => {
    const { model, operations } = await suppressed(await openEngine(), [fc1]);
    const values = await model.parameters(), living = livingUnits(values);
    assertEquals(living.length, 8);
    values["fc2.weight"]!.forEach((w, i) => assert(living.includes(i % 120) || w === 0, `fc2.weight[${i}] is ${w}`));
    assertEquals(operations.at(-1)!.silentUnits, { fc1: 112 });
    const counts = operations.map(({ silentUnits }) => silentUnits.fc1!);
    assertEquals(counts, counts.toSorted((a, b) => a - b));
    const { layers } = await model.sparsity();
    assertEquals(layers["fc1.weight"]!.masked, 112 / 120);
    assertEquals(layers["fc1.bias"]!.masked, 112 / 120);
    assertEquals(layers["fc2.weight"]!.masked, 112 / 120);
  });

  test("follows the schedule: after each operation the share of units nearest to the sparsity is silent", async () => {
    const { operations } = await suppressed(await openEngine(), [{ ...fc1, minNum: 30 }]);
    for (const { silentUnits, targetSparsity } of operations) {
      assertEquals(silentUnits.fc1, Math.min(90, Math.round(120 * targetSparsity)));
    }
  });

  test("leaves no unit more than the sparsity at the end asks for", async () => {
    for (const units of [4, 48]) {
      const { model } = await suppressed(await openEngine(), [{ ...fc1, minNum: 1 }], { sparseEnd: 1 - units / 120 });
      assertEquals(livingUnits(await model.parameters()).length, units);
    }
  });

  test("leaves as many as asked for also where the last operation comes long before the schedule's end", async () => {
    const few = new Dataset(drawnDigits(160), { size: [32, 32] }), network = lenet5({ seed: 3 });
    const settings = { startEpoch: 1, endEpoch: 1, batchNum: 5, maskTimes: 1, sparseEnd: 112 / 120 };
    const control = SuppressPrivacyFactory.create(network, [fc1], settings), targets: number[] = [];
    const model = new SuppressModel({ engine: await openEngine(), network, optimizer: sgd({ lr: 0.05 }) });
    model.linkSuppressCtrl(control);
    const masker = new SuppressMasker(control, ({ targetSparsity }) => targets.push(targetSparsity));
    await model.train(1, few, { batchSize: 32, callbacks: [masker] });
    assert(Math.round(120 * targets.at(-1)!) < 112, `the schedule itself reached ${targets.at(-1)}`);
    assertEquals(livingUnits(await model.parameters()).length, 8);
  });

  test("combines with suppression of the same and other layers' weights", async () => {
    const { model, operations } = await suppressed(await openEngine(), [...lenet5MaskLayers(), { ...fc1, minNum: 24 }]);
    const values = await model.parameters();
    assert(livingUnits(values).length <= 24);
    const { layers } = await model.sparsity();
    // By weight, 95 % of each layer; fc1 and fc2 may have lost more with their units, but no less.
    for (const name of ["fc1.weight", "fc2.weight"]) {
      assert(layers[name]!.masked >= 0.94, `${name}: ${layers[name]!.masked}`);
    }
    const last = operations.at(-1)!;
    assertEquals(last.silentUnits, { fc1: 96 });
    const masks = await model.masks();
    for (const [name, count] of Object.entries(last.suppressed)) {
      assertEquals(count, masks[name]!.filter((kept) => kept === 0).length, name);
    }
  });

  test("silences channels of a convolution, with the columns of the dense layer that reads them", async () => {
    const channels: UnitLayerDes = { layerName: "conv2.weight", granularity: "unit", minNum: 4 };
    const values = await (await suppressed(await openEngine(), [channels])).model.parameters();
    const living = Array.from({ length: 16 }, (_, channel) => channel).filter((channel) =>
      values["conv2.weight"]!.subarray(channel * 150, (channel + 1) * 150).some((w) => w !== 0)
    );
    assertEquals(living.length, 4);
    values["fc1.weight"]!.forEach((w, i) => {
      assert(living.includes(Math.floor(i % 400 / 25)) || w === 0, `fc1.weight[${i}] is ${w}`);
    });
  });

  test("gives the same bits again, and on any number of threads", { skip: noThreads }, async () => {
    const runs = await Promise.all([1, 1, 2].map(async (threads) => {
      const { model } = await suppressed(await openEngine({ threads }), [fc1, ...lenet5MaskLayers()]);
      return await model.parameters();
    }));
    assertEquals(runs[1], runs[0]);
    assertEquals(runs[2], runs[0]);
  });

  test("may end before training does: the rest trains what is left", async () => {
    const { model, operations } = await suppressed(await openEngine(), [fc1], { endEpoch: 2, epochs: 3 });
    assert(operations.every(({ epoch }) => epoch <= 2));
    assertEquals(livingUnits(await model.parameters()).length, 8);
    assertEquals(model.steps, 60);
    const options = { endEpoch: 3, epochs: 2 };
    assertThrows(() => SuppressPrivacyFactory.create(lenet5(), [fc1], options), RangeError, "epochs is 2");
  });

  test("refuses what cannot be, by name", () => {
    const refused = (layer: object, text: string) => {
      const layers = [{ ...fc1, ...layer } as UnitLayerDes];
      assertThrows(() => SuppressPrivacyFactory.create(lenet5(), layers), RangeError, text);
    };
    refused({ layerName: "fc9" }, "the unit layer fc9 is no layer with weights; there are conv1, conv2, fc1, fc2, fc3");
    refused({ layerName: "fc3" }, "gives the network's output");
    refused({ minNum: 0 }, "minNum is 0; it must be an integer from 1 to 120");
    refused({ minNum: 121 }, "minNum is 121");
    refused({ importance: "age" }, "importance is age");
    assertThrows(() => SuppressPrivacyFactory.create(lenet5(), [fc1, fc1]), RangeError, "fc1 occurs twice");
    const { parameters } = lenet5();
    assertThrows(() => SuppressPrivacyFactory.create({ parameters }, [fc1]), TypeError, "hand in the network itself");
  });
});

describe("the importance of units", () => {
  const [layer] = resolveUnitLayers([{ ...fc1, layerName: "fc2", minNum: 1 }], lenet5());
  const small = { ...layer!, units: 3, columns: 1 };
  const values = {
    "fc2.weight": Float32Array.of(3, 4, 0, 0, 1, 0),
    "fc2.bias": Float32Array.of(0, 2, 0),
    "fc3.weight": Float32Array.of(1, 2, 0, 0, 2, 5),
  };

  test("is the product of the norms of what comes in and what goes out", () => {
    assertEquals([...importances(small, values)], [5 * 1, 2 * Math.sqrt(8), 1 * 5]);
    assertEquals([...importances({ ...small, importance: "incoming" }, values)], [5, 2, 1]);
    assertEquals([...importances({ ...small, importance: "outgoing" }, values)], [1, Math.sqrt(8), 5]);
  });

  test("decides who falls silent: the least important, of equals the first, and for good", () => {
    const none = [false, false, false, false], importance = Float64Array.of(2, 1, 1, 3);
    assertEquals(silencedUnits(none, importance, 0), none);
    assertEquals(silencedUnits(none, importance, 1), [false, true, false, false]);
    assertEquals(silencedUnits([false, false, false, true], importance, 3), [false, true, true, true]);
    assertEquals(silencedUnits([true, true, false, false], importance, 1), [true, true, false, false]);
  });

  test("does not bring back what a mask holds already", () => {
    const masks = unitMasks(small, [false, true, false], values, { "fc2.weight": Uint8Array.of(1, 0, 1, 1, 1, 1) });
    assertEquals(masks["fc2.weight"], Uint8Array.of(1, 0, 0, 0, 1, 1));
    assertEquals(masks["fc2.bias"], Uint8Array.of(1, 0, 1));
    assertEquals(masks["fc3.weight"], Uint8Array.of(1, 0, 1, 1, 0, 1));
  });
});

describe("exporting a model", () => {
  test("leaves out silent units and unread ones, and changes no output", async () => {
    const engine = await openEngine();
    const layers: UnitLayerDes[] = [
      fc1,
      { layerName: "conv1", granularity: "unit", minNum: 3 },
      { layerName: "conv2", granularity: "unit", minNum: 5 },
      { layerName: "fc2", granularity: "unit", minNum: 20 },
    ];
    const { model } = await suppressed(engine, layers);
    const parameters = await model.parameters();
    const small = exportModel(model.network, parameters);
    assertEquals(
      small.network.parameters.map(({ name, shape }) => [name, ...shape]),
      [
        ["conv1.weight", 3, 1, 5, 5],
        ["conv2.weight", 5, 3, 5, 5],
        ["fc1.weight", 8, 125],
        ["fc1.bias", 8],
        ["fc2.weight", 20, 8],
        ["fc2.bias", 20],
        ["fc3.weight", 10, 20],
        ["fc3.bias", 10],
      ],
    );
    for (const { name, shape } of small.network.parameters) {
      assertEquals(small.parameters[name]!.length, sizeOf(shape), name);
    }
    const random = new Random(1), images = Float32Array.from({ length: 7 * 1024 }, () => random.uniform());
    const outputs = await Promise.all(
      ([[model.network, parameters], [small.network, small.parameters]] as const).map(async ([network, values]) => {
        const program = engine.program(network, { batchSize: 7 });
        program.parameters.setValues(values);
        program.setInput(images);
        program.forward();
        return await program.output();
      }),
    );
    outputs[0]!.forEach((value, i) => assertAlmostEquals(outputs[1]![i]!, value, 1e-5));
  });

  test("leaves a network in which all speak as it is", async () => {
    const model = new Model({ engine: await openEngine(), network: lenet5(), optimizer: sgd({ lr: 0.1 }) });
    const parameters = await model.parameters(), whole = exportModel(model.network, parameters);
    assertEquals(whole.parameters, parameters);
    assertEquals(whole.network.parameters, model.network.parameters);
  });

  test("keeps one unit where all are silent, and refuses missing values", () => {
    const network = lenet5();
    const zeros = Object.fromEntries(
      network.parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
    );
    assertEquals(exportModel(network, zeros).kept, { conv1: [0], conv2: [0], fc1: [0], fc2: [0] });
    assertThrows(() => exportModel(network, {}), RangeError, "holds no values of conv1.weight");
  });

  test("keeps a unit that says 0 where what stands behind it makes something of that", () => {
    const network = sequential([1, 1, 2], [flatten(), dense({ outputs: 2 }), sigmoid(), dense({ outputs: 1 })]);
    const parameters = {
      "fc1.weight": Float32Array.of(1, 2, 0, 0),
      "fc1.bias": new Float32Array(2),
      "fc2.weight": Float32Array.of(1, 4),
      "fc2.bias": new Float32Array(1),
    };
    assertEquals(exportModel(network, parameters).kept, { fc1: [0, 1] });
    assertEquals(exportModel(network, { ...parameters, "fc2.weight": Float32Array.of(1, 0) }).kept, { fc1: [0] });
  });
});

describe("a learning rate scheduler", () => {
  test("sets the rate before each epoch", async () => {
    const model = new Model({ engine: await openEngine(), network: lenet5(), optimizer: sgd({ lr: 0.05 }) });
    const seen: number[] = [];
    const scheduler = new LearningRateScheduler((lr, epoch) => epoch === 3 ? lr / 5 : lr);
    const watch = { onStepEnd: () => void seen.push(model.optimizer.lr) };
    await model.train(3, digits, { batchSize: 320, callbacks: [scheduler, watch] });
    assertEquals(seen, [0.05, 0.05, 0.05, 0.05, 0.01, 0.01]);
    assertThrows(() => model.setLearningRate(0), RangeError, "lr is 0");
  });
});
