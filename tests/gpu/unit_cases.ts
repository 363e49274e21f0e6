/** Units that fall silent on a GPU: those of the wasm engine, chosen and masked without reading a tensor back. */
import {
  Dataset,
  drawnDigits,
  lenet5,
  lenet5MaskLayers,
  openEngine,
  Random,
  sgd,
  SuppressMasker,
  SuppressModel,
  type SuppressOperation,
  SuppressPrivacyFactory,
  type UnitLayerDes,
} from "../../mod.ts";
import { unitsOf } from "../../src/nn/units.ts";
import { NORMALISED } from "../support/units.ts";
import { assert, assertEquals } from "./assert.ts";
import { type Case, engineOf, sharedOf } from "./case.ts";

/**
 * Small whole numbers, whose sums of squares are exact and often equal, or numbers of which no two are nearly alike.
 */
const valuesOf = (random: Random, count: number, whole: boolean) =>
  Float32Array.from({ length: count }, () => whole ? random.integer(3) - 1 : random.uniform(-1, 1));

async function operate(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const wasm = await openEngine({ engine: "wasm", threads: 1 });
  const network = lenet5(), random = new Random(5), layers = unitsOf(network);
  const both = [engine, wasm].map((one) => one.parameters(network.parameters, network.seed));
  for (let round = 0; round < 6; round++) {
    // Products of roots of whole numbers are equal or not by their rounding alone.
    const importance = (["incoming", "outgoing", "product"] as const)[round % 3]!, whole = importance !== "product";
    const values = Object.fromEntries(
      network.parameters.map(({ name, shape }) => [
        name,
        valuesOf(random, shape.reduce((all, size) => all * size), whole),
      ]),
    );
    for (const store of both) {
      store.setValues(values);
      store.applyMasks();
    }
    for (const units of layers) {
      const target = Math.floor(units.units * (round + 0.5) / 6);
      const counts = await Promise.all(both.map((store) => store.suppressUnits(units, { target, importance })));
      assertEquals(counts, [target, target], `${units.name} in round ${round}`);
    }
    const [masks, wanted] = await Promise.all(both.map((store) => store.masks()));
    assertEquals(masks, wanted, `the masks of round ${round}`);
    const after = await both[0]!.values();
    for (const { name } of network.parameters) {
      const expected = values[name]!.map((value, i) => masks![name] && !masks![name]![i] ? 0 : value);
      assertEquals(after[name], expected, `${name} in round ${round}`);
      const counts = await Promise.all(both.map((store) => store.countSuppressed(name)));
      const suppressed = masks![name]?.filter((kept) => kept === 0).length ?? 0;
      assertEquals(counts, [suppressed, suppressed], `the suppressed of ${name} in round ${round}`);
    }
  }
  const [fc1] = layers.filter(({ name }) => name === "fc1"), [store] = both;
  const before = await store!.masks();
  assertEquals(await store!.suppressUnits(fc1!, { target: 3, importance: "product" }), 110, "more are silent already");
  assertEquals(await store!.masks(), before, "and nothing changes");
}

async function silenceNormalised(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const wasm = await openEngine({ engine: "wasm", threads: 1 }), random = new Random(7), layers = unitsOf(NORMALISED);
  const both = [engine, wasm].map((one) => one.parameters(NORMALISED.parameters, NORMALISED.seed));
  const values = Object.fromEntries(
    NORMALISED.parameters.map(({ name, shape }) => [
      name,
      valuesOf(random, shape.reduce((all, size) => all * size), false).map((value) => 1.5 + value),
    ]),
  );
  for (const store of both) store.setValues(values);
  for (const share of [0.3, 0.7, 0.5]) {
    for (const units of layers) {
      const target = Math.floor(units.units * share);
      await Promise.all(both.map((store) => store.suppressUnits(units, { target, importance: "product" })));
    }
    const [masks, wanted] = await Promise.all(both.map((store) => store.masks()));
    assertEquals(masks, wanted, `the masks at ${share}`);
    const [after, expected] = await Promise.all(both.map((store) => store.values()));
    assertEquals(after, expected, `the values at ${share}`);
  }
  const { "norm2.bias": mask } = await both[0]!.masks();
  assertEquals(mask!.filter((kept) => kept === 0).length, 12 * 4, "four of seven channels, 12 places each");
}

async function train(gpu: GPU): Promise<void> {
  const { device, engine } = await sharedOf(gpu), read = device.read.bind(device);
  let most = 0;
  device.read = (buffer, from, bytes) => {
    most = Math.max(most, bytes);
    return read(buffer, from, bytes);
  };
  const digits = new Dataset(drawnDigits(320), { size: [32, 32] }), network = lenet5();
  const layers: UnitLayerDes[] = [
    { layerName: "fc1", granularity: "unit", minNum: 24 },
    { layerName: "conv2", granularity: "unit", minNum: 5 },
  ];
  const options = { startEpoch: 1, endEpoch: 2, batchNum: 10, maskTimes: 5, lr: 0.05, sparseEnd: 0.9 };
  const control = SuppressPrivacyFactory.create(network, [...layers, ...lenet5MaskLayers()], options);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.05 }) });
  model.linkSuppressCtrl(control);
  const operations: SuppressOperation[] = [];
  const masker = new SuppressMasker(control, (operation) => operations.push(operation));
  await model.train(2, digits, { batchSize: 32, callbacks: [masker] });
  device.read = read;
  assert(most <= 128, `${most} bytes were read back at once while training`);
  const { silentUnits, suppressed } = operations.at(-1)!;
  assertEquals(silentUnits, { fc1: 96, conv2: 11 });
  const masks = await model.masks();
  for (const [name, count] of Object.entries(suppressed)) {
    assertEquals(masks[name]!.filter((kept) => kept === 0).length, count, name);
  }
}

/** The cases. */
export const unitCases: readonly Case[] = [
  { name: "units fall silent that do on the wasm engine, with what makes and what reads them", run: operate },
  { name: "units fall silent with what normalisations behind have of their own for each", run: silenceNormalised },
  { name: "training with units suppressed reads no tensor back", run: train },
];
