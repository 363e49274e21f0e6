/** Units that fall silent in a store of parameters, on every engine of the CPU. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "#std/assert";
import {
  conv2d,
  dense,
  flatten,
  openEngine,
  type ParameterStore,
  Random,
  relu,
  sequential,
  SuppressPrivacyFactory,
  type UnitLayerDes,
  type Units,
} from "../../mod.ts";
import { unitsOf } from "../../src/nn/units.ts";
import { ENGINES } from "../support/engines.ts";
import { importances, NORMALISED, silencedUnits, unitMasks } from "../support/units.ts";

const network = sequential([2, 6, 5], [
  conv2d({ channels: 7, kernel: 3 }),
  relu(),
  flatten(),
  dense({ outputs: 30 }),
  relu(),
  dense({ outputs: 4 }),
], { seed: 2 });
const [CONV, DENSE] = unitsOf(network) as [Units, Units];

/** Which units have nothing left of what makes them. */
function silentBy(masks: Record<string, Uint8Array>, { weight, bias, units }: Units): boolean[] {
  if (!masks[weight]) return new Array(units).fill(false);
  const taps = masks[weight]!.length / units;
  return Array.from({ length: units }, (_, unit) => {
    const made = masks[weight]!.subarray(unit * taps, (unit + 1) * taps);
    return made.every((kept) => kept === 0) && (bias === undefined || masks[bias]![unit] === 0);
  });
}

const layerOf = (units: Units, importance: UnitLayerDes["importance"] = "product") => (
  { ...units, layerName: units.name, granularity: "unit" as const, minNum: 1, importance }
);

for (const options of [...ENGINES, { engine: "reference", build: "float64" } as const]) {
  describe(`units of a store (${options.engine} ${options.build ?? "float32"})`, () => {
    test("fall silent as whole tensors would have it, over what masks hold already, and count what is suppressed", async () => {
      const store = (await openEngine(options)).program(network, { batchSize: 1 }).parameters, random = new Random(6);
      for (let round = 0; round < 8; round++) {
        const importance = (["product", "incoming", "outgoing"] as const)[round % 3]!;
        for (const units of [DENSE, CONV]) {
          const values = await store.values(), before = await store.masks();
          // The last rounds ask for less than is silent already.
          const target = Math.floor(units.units * [0, 0.2, 0.4, 0.5, 0.7, 0.8, 0.3, 0.8][round]!);
          const masked = round > 0, silent = masked ? silentBy(before, units) : new Array(units.units).fill(false);
          const more = target > silent.filter((one) => one).length;
          const layer = layerOf(units, importance), chosen = silencedUnits(silent, importances(layer, values), target);
          const expected = { ...before, ...(more && unitMasks(layer, chosen, values, before)) };
          const count = await store.suppressUnits(units, { target, importance });
          assertEquals(count, Math.max(target, silent.filter((one) => one).length));
          const masks = await store.masks(), after = await store.values();
          for (const [name, mask] of Object.entries(expected)) {
            assertEquals(masks[name], mask, `${name}, round ${round}`);
          }
          for (const [name, mask] of Object.entries(masks)) {
            assertEquals(after[name], values[name]!.map((value, i) => mask[i] ? value : 0), `${name}, round ${round}`);
            assertEquals(await store.countSuppressed(name), mask.filter((kept) => kept === 0).length);
          }
        }
        // Single weights are suppressed between.
        const { [DENSE.weight]: mask } = await store.masks();
        store.setMasks({ [DENSE.weight]: mask!.map((kept) => kept && Number(random.integer(9) > 0)) });
      }
      const fc2 = network.parameters.find(({ name }) => name === "fc2.bias")!;
      assertEquals(await store.countSuppressed(fc2.name), 0, "a parameter without a mask");
    });

    test("take with them what normalisations behind have of their own for each, but nothing of a unit that lives", async () => {
      const store = (await openEngine(options)).program(NORMALISED, { batchSize: 1 }).parameters;
      const random = new Random(8), values = await store.values();
      store.setValues(Object.fromEntries(
        Object.entries(values).map(([name, all]) => [name, all.map(() => random.uniform(0.5, 1))]),
      ));
      const [conv, dense] = unitsOf(NORMALISED) as [Units, Units];
      assertEquals(conv.silencers, ["norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"]);
      // Of unit 1 the bias alone is kept: it is not silent.
      const weight = new Uint8Array(values[dense.weight]!.length).fill(1), bias = new Uint8Array(dense.units).fill(1);
      weight.fill(0, weight.length / dense.units, 2 * weight.length / dense.units);
      store.setMasks({ [dense.weight]: weight, [dense.bias!]: bias });
      for (const [conved, densed] of [[2, 3], [5, 6], [1, 1]] as const) {
        for (const [units, target] of [[conv, conved], [dense, densed]] as const) {
          const silent = silentBy(await store.masks(), units);
          const chosen = silencedUnits(silent, importances(layerOf(units), await store.values()), target);
          await store.suppressUnits(units, { target, importance: "product" });
          const masks = await store.masks(), after = await store.values();
          for (const name of units.silencers) {
            const own = masks[name]!.length / units.units;
            const expected = Uint8Array.from(masks[name]!, (_, i) => chosen[Math.floor(i / own)] ? 0 : 1);
            assertEquals(masks[name], expected, name);
            assertEquals(after[name]!.map((value) => Number(value !== 0)), Float32Array.from(expected), name);
          }
        }
      }
      assertEquals(Object.keys(await store.masks()).filter((name) => name.includes("running")), []);
      const before = await store.masks();
      const rule = { target: 1, importance: "product" } as const;
      const wrong = { ...conv, silencers: ["fc1.weight", "norm1.running_mean"] };
      assertThrows(
        () => store.suppressUnits(wrong, rule),
        RangeError,
        "norm1.running_mean is state that is not trained",
      );
      assertThrows(() => store.suppressUnits({ ...conv, silencers: ["fc2.bias"] }, rule), RangeError, "fc2.bias has 4");
      assertEquals(await store.masks(), before);
    });

    test("are silent in a restored store, too: what is silent follows from the masks", async () => {
      const engine = await openEngine(options);
      const [first, second] = [1, 1].map((batchSize) => engine.program(network, { batchSize }).parameters);
      await first!.suppressUnits(DENSE, { target: 11, importance: "product" });
      const values = await first!.values(), masks = await first!.masks();
      const parameters = Object.fromEntries(
        network.parameters.map(({ name, shape }) => [name, { shape, data: values[name]! }]),
      );
      second!.restore({ parameters, masks });
      for (const target of [0, 11, 14]) {
        const rule = { target, importance: "product" } as const;
        const counts = await Promise.all([first!, second!].map((store) => store.suppressUnits(DENSE, rule)));
        assertEquals(counts, [Math.max(11, target), Math.max(11, target)]);
        assertEquals(await second!.masks(), await first!.masks());
        assertEquals(await second!.values(), await first!.values());
      }
    });

    test("are refused by name where they are none", async () => {
      const store = (await openEngine(options)).program(network, { batchSize: 1 }).parameters;
      const refused = (units: Partial<Units>, rule: object, text: string) => {
        const whole = { target: 3, importance: "product" as const, ...rule };
        assertThrows(() => store.suppressUnits({ ...DENSE, ...units }, whole), RangeError, text);
      };
      refused({ weight: "fc9.weight" }, {}, 'no parameter is named "fc9.weight"');
      refused({ units: 31 }, {}, "fc1.weight has");
      refused({ bias: "fc1.weight" }, {}, "fc1.weight has");
      refused({ reader: "fc2.bias" }, {}, "fc2.bias has 4 values");
      refused({}, { target: 31 }, "the number of units to be silent is 31");
      refused({}, { target: 2.5 }, "the number of units to be silent is 2.5");
      refused({}, { importance: "age" }, "the importance of units is age");
      assertThrows(() => store.countSuppressed("fc9"), RangeError, 'no parameter is named "fc9"');
      assertEquals(await store.masks(), {}, "nothing was masked");
    });
  });
}

describe("a control of units", () => {
  test("reads no tensor back in an operation", async () => {
    const store = (await openEngine({ engine: "wasm" })).program(network, { batchSize: 1 }).parameters;
    const reads: string[] = [];
    const watched = new Proxy(store, {
      get(target, key) {
        if (["values", "masks", "gradient", "deWeight"].includes(String(key))) reads.push(String(key));
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }) as ParameterStore;
    const layers = [
      { layerName: "fc1", granularity: "unit", minNum: 5 } as const,
      { layerName: "fc1.weight", minNum: 10, isAddNoise: false, isLowerClip: false },
    ];
    const settings = { startEpoch: 1, endEpoch: 1, batchNum: 20, maskTimes: 5, sparseEnd: 0.8, lr: 0.1 };
    const control = SuppressPrivacyFactory.create(network, layers, settings);
    control.attach(watched);
    let operations = 0;
    for (let step = 1; step <= 20; step++) {
      const operation = await control.afterStep(1, step);
      if (!operation) continue;
      operations++;
      const silent = silentBy(await store.masks(), DENSE).filter((one) => one).length;
      assertEquals(operation.silentUnits, { fc1: silent });
      assert(silent <= 24, `${silent} are silent`);
    }
    assert(operations >= 4, `there were ${operations} operations`);
    assertEquals(reads, []);
  });
});
