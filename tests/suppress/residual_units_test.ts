/** Suppression of networks with residuals: by weight everywhere, by unit where no sum takes the units. */
import { describe, test } from "node:test";
import {
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  exportModel,
  flatten,
  type MaskLayerDes,
  type Network,
  openEngine,
  Random,
  relu,
  residual,
  sequential,
  sgd,
  sizeOf,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
  type UnitLayerDes,
} from "../../mod.ts";
import { unitsOf } from "../../src/nn/units.ts";
import { resolveUnitLayers } from "../../src/suppress/units.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";

const same = (channels: number) => conv2d({ channels, kernel: 3, padding: 1 });
/** conv2 and fc2 are read by layers of their branches alone; conv1, conv3, fc1 and fc3 are ends of residuals. */
const NETWORK = sequential([1, 14, 14], [
  conv2d({ channels: 8, kernel: 3, stride: 2 }),
  relu(),
  residual([same(12), relu(), same(8)]),
  relu(),
  flatten(),
  dense({ outputs: 24 }),
  residual([relu(), dense({ outputs: 20 }), relu(), dense({ outputs: 24 })]),
  relu(),
  dense({ outputs: 10 }),
], { seed: 5 });
const digits = new Dataset(drawnDigits(320), { size: [14, 14] });

async function suppressed(layers: readonly (MaskLayerDes | UnitLayerDes)[]) {
  const settings = { startEpoch: 1, endEpoch: 3, batchNum: 10, maskTimes: 6, sparseEnd: 0.9 };
  const control = SuppressPrivacyFactory.create(NETWORK, layers, settings);
  const model = new SuppressModel({ engine: await openEngine(), network: NETWORK, optimizer: sgd({ lr: 0.05 }) });
  model.linkSuppressCtrl(control);
  await model.train(3, digits, { batchSize: 32, callbacks: [new SuppressMasker(control)] });
  return model;
}

/** The places of units that say something: one of their weights or their bias is not 0. */
function living(values: Record<string, Float32Array>, layer: string): number[] {
  const bias = values[`${layer}.bias`]!, weight = values[`${layer}.weight`]!, taps = weight.length / bias.length;
  const says = (unit: number) => weight.subarray(unit * taps, (unit + 1) * taps).some((w) => w !== 0);
  return [...bias.keys()].filter((unit) => says(unit) || bias[unit] !== 0);
}

async function outputsOf(network: Network, values: Record<string, Float32Array>): Promise<Float32Array> {
  const program = (await openEngine()).program(network, { batchSize: 8 });
  program.parameters.setValues(values);
  program.setInput(Float32Array.from({ length: 8 * sizeOf(network.inputShape) }, (_, i) => (i * 37 % 64) / 64));
  program.forward();
  return await program.output();
}

describe("suppression of a network with residuals", () => {
  test("by weight takes any layer, whatever sums take its units", async () => {
    const names = ["conv1", "conv2", "conv3", "fc1", "fc2", "fc3"].map((name) => `${name}.weight`);
    const model = await suppressed(
      names.map((layerName) => ({ layerName, isAddNoise: false, isLowerClip: false, minNum: 1 })),
    );
    const { layers } = await model.sparsity(), values = await model.parameters(), masks = await model.masks();
    for (const name of names) {
      assert(layers[name]!.masked > 0.85, `${name}: ${layers[name]!.masked}`);
      values[name]!.forEach((w, i) => assert(masks[name]![i] === 1 || w === 0));
    }
  });

  test("by unit silences what makes and reads a unit inside a branch, and the export leaves it out", async () => {
    const model = await suppressed([
      { layerName: "conv2", granularity: "unit", minNum: 3 },
      { layerName: "fc2.weight", granularity: "unit", minNum: 2 },
    ]);
    const values = await model.parameters(), conv2 = living(values, "conv2"), fc2 = living(values, "fc2");
    assertEquals([conv2.length, fc2.length], [3, 2]);
    values["conv3.weight"]!.forEach((w, i) => assert(conv2.includes(Math.floor(i / 9) % 12) || w === 0));
    values["fc3.weight"]!.forEach((w, i) => assert(fc2.includes(i % 20) || w === 0));
    const { network, parameters, kept } = exportModel(NETWORK, values);
    const all = (count: number) => Array.from({ length: count }, (_, unit) => unit);
    assertEquals(kept, { conv1: all(8), conv2, conv3: all(8), fc1: all(24), fc2, fc3: all(24) });
    assertEquals(network.parameters.find(({ name }) => name === "conv3.weight")!.shape, [8, 3, 3, 3]);
    assertEquals(network.layers.map(({ name }) => name), NETWORK.layers.map(({ name }) => name));
    const before = await outputsOf(NETWORK, values), after = await outputsOf(network, parameters);
    before.forEach((value, i) => assertAlmostEquals(after[i]!, value, 1e-4));
  });

  test("by unit refuses each end of a residual, and says which layers a sum brings together", () => {
    const cases: [string, string, string][] = [
      ["conv1", "add1", "conv1 and conv3"],
      ["conv3", "add1", "conv1 and conv3"],
      ["conv3.weight", "add1", "conv1 and conv3"],
      ["fc1", "add2", "fc1 and fc3"],
      ["fc3", "add2", "fc1 and fc3"],
    ];
    for (const [layerName, sum, ends] of cases) {
      assertThrows(
        () => resolveUnitLayers([{ layerName, granularity: "unit", minNum: 1 }], NETWORK),
        RangeError,
        `the unit layer ${layerName} is one end of a residual: ${sum} adds up the units of ${ends}, so that one ` +
          "that fell silent here would live on in the sum; suppress its weights one by one, or the units of a layer " +
          "that no sum takes: conv2, fc2",
      );
    }
    assertThrows(
      () => resolveUnitLayers([{ layerName: "fc4", granularity: "unit", minNum: 1 }], NETWORK),
      RangeError,
      "fc4 gives the network's output",
    );
    assertThrows(
      () => resolveUnitLayers([{ layerName: "add1", granularity: "unit", minNum: 1 }], NETWORK),
      RangeError,
      "add1 is no layer with weights; there are conv1, conv2, conv3, fc1, fc2, fc3, fc4",
    );
  });

  test("knows the ends of residuals in a row, one in another, and around the network's input and output", () => {
    const network = sequential([2, 5, 5], [
      residual([same(4), relu(), residual([same(4)]), same(2)]),
      residual([relu()]),
      same(3),
      relu(),
      residual([same(3)]),
    ]);
    assertEquals(unitsOf(network).map(({ name, reader }) => [name, reader]), []);
    const ends = {
      conv1: "add1 adds up the units of conv1 and conv2",
      conv2: "add1 adds up the units of conv1 and conv2",
      conv3: "add2 adds up the units of the network's input and conv3",
      conv4: "add4 adds up the units of conv4 and conv5",
      conv5: "add4 adds up the units of conv4 and conv5, so that one that fell silent here would live on in the sum; " +
        "suppress its weights one by one, or the units of a layer that no sum takes: none here",
    };
    for (const [layerName, message] of Object.entries(ends)) {
      const resolve = () => resolveUnitLayers([{ layerName, granularity: "unit", minNum: 1 }], network);
      assertThrows(resolve, RangeError, message);
    }
  });
});

describe("the export of a network with residuals", () => {
  test("keeps silent and unread units that a sum takes, and changes no output", async () => {
    const network = sequential([1, 6, 6], [
      same(4),
      relu(),
      residual([same(5), relu(), residual([same(5), relu(), same(5)]), same(4)]),
      residual([relu(), same(6), relu(), same(4)]),
      flatten(),
      dense({ outputs: 3 }),
    ]);
    const random = new Random(9);
    const values = Object.fromEntries(
      network.parameters.map(({ name, shape }) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-0.5, 0.5)),
      ]),
    );
    // Unit 1 of every layer says nothing but in the output layer; of conv6, nobody reads unit 2.
    for (const { name, shape } of network.parameters.slice(0, -2)) {
      const taps = sizeOf(shape) / shape[0]!;
      values[name]!.fill(0, taps, 2 * taps);
    }
    values["conv7.weight"]!.forEach((_, i, all) => Math.floor(i / 9) % 6 === 2 ? all[i] = 0 : 0);
    const smaller = exportModel(network, values), all = (count: number) => [...Array(count).keys()];
    assertEquals(smaller.kept, {
      ...{ conv1: all(4), conv2: all(5), conv3: [0, 2, 3, 4], conv4: all(5), conv5: all(4) },
      ...{ conv6: [0, 3, 4, 5], conv7: all(4) },
    });
    const before = await outputsOf(network, values), after = await outputsOf(smaller.network, smaller.parameters);
    before.forEach((value, i) => assertAlmostEquals(after[i]!, value, 1e-4));
  });
});
