/** Suppress privacy: the rules of its settings, its schedule, and what an operation does to weights and masks. */
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type EngineOptions,
  lenet5,
  lenet5MaskLayers,
  type MaskLayerDes,
  openEngine,
  type ParameterSpec,
  type ParameterStore,
  Random,
  sgd,
  sizeOf,
  type SuppressCtrl,
  type SuppressOperation,
  type SuppressOptions,
  SuppressPrivacyFactory,
} from "../mod.ts";
import { bestBuild } from "../src/engine/wasm/module.ts";
import { cube, type ScheduleSettings, SuppressSchedule } from "../src/suppress/schedule.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "#std/assert";

const ENGINES: readonly EngineOptions[] = [
  { engine: "wasm", build: "simd128" },
  ...(bestBuild === "relaxed" ? [{ engine: "wasm", build: "relaxed" } as const] : []),
  { engine: "reference" },
];

function control(options: SuppressOptions, layers: readonly MaskLayerDes[] = lenet5MaskLayers()): SuppressCtrl {
  return SuppressPrivacyFactory.create(lenet5(), layers, options);
}

describe("the settings of suppress privacy", () => {
  test("have the defaults of the parameter table", () => {
    assertEquals(control({}).settings, {
      policy: "local_train",
      endEpoch: 10,
      epochs: 10,
      batchNum: 20,
      startEpoch: 3,
      maskTimes: 1000,
      lr: 0.05,
      sparseEnd: 0.9,
      sparseStart: 0,
      seed: 1,
    });
  });

  const refused: readonly [options: Record<string, unknown>, message: string][] = [
    [{ policy: "federated" }, 'policy is "federated"; it must be "local_train"'],
    [{ startEpoch: 0 }, "startEpoch is 0; it must be a positive integer"],
    [{ startEpoch: 1.5 }, "startEpoch is 1.5; it must be a positive integer"],
    [{ startEpoch: 11 }, "startEpoch is 11; it must be at most endEpoch, which is 10"],
    [{ endEpoch: 101 }, "endEpoch is 101; it must be an integer from 1 to 100"],
    [{ endEpoch: 9.5 }, "endEpoch is 9.5; it must be an integer from 1 to 100"],
    [{ endEpoch: 0 }, "endEpoch is 0; it must be an integer from 1 to 100"],
    [{ batchNum: 0 }, "batchNum is 0; it must be a positive integer"],
    [{ batchNum: 2.5 }, "batchNum is 2.5; it must be a positive integer"],
    [{ maskTimes: -3 }, "maskTimes is -3; it must be a positive integer"],
    [{ maskTimes: Infinity }, "maskTimes is Infinity; it must be a positive integer"],
    [{ sparseEnd: NaN }, "sparseEnd is NaN; it must be above"],
    [{ lr: 0 }, "lr is 0; it must be above 0 and at most 0.5"],
    [{ lr: 0.51 }, "lr is 0.51; it must be above 0 and at most 0.5"],
    [{ lr: "0.1x" }, 'lr is "0.1x"; it must be above 0'],
    [{ sparseStart: -0.1 }, "sparseStart is -0.1; it must be at least 0 and below 1"],
    [{ sparseStart: 0.9 }, "sparseEnd is 0.9; it must be above sparseStart, which is 0.9"],
    [{ sparseEnd: 1 }, "sparseEnd is 1; it must be above sparseStart, which is 0, and below 1"],
    [{ sparseEnd: 0 }, "sparseEnd is 0; it must be above sparseStart"],
    [{ seed: -1 }, "seed is -1; it must be an integer from 0 to 2^32 - 1"],
  ];
  for (const [options, message] of refused) {
    test(`are refused by name, value and rule: ${message}`, () => {
      assertThrows(() => control(options as SuppressOptions), RangeError, message);
    });
  }

  test("are accepted at their limits", () => {
    control({ startEpoch: 1, endEpoch: 1, batchNum: 1, maskTimes: 1, lr: 0.5, sparseStart: 0.98, sparseEnd: 0.99 });
    control({ startEpoch: 100, endEpoch: 100 });
  });

  test("earn a warning when operations come more often than every 10 or less often than every 20 steps", () => {
    const warningsAt = (maskTimes: number) => control({ batchNum: 1875, maskTimes }).warnings;
    assertEquals([warningsAt(1000), warningsAt(1400), warningsAt(800)], [[], [], []]);
    for (const [maskTimes, interval] of [[1500, "10"], [3000, "5"], [750, "20"], [100, "150"]] as const) {
      const [warning, ...others] = warningsAt(maskTimes);
      assertEquals(others, []);
      assertStringIncludes(warning!, `every ${interval} steps`);
      assertStringIncludes(warning!, "set maskTimes to about 1000");
    }
  });
});

const LAYER: MaskLayerDes = { layerName: "conv1.weight", isAddNoise: false, isLowerClip: false, minNum: -1 };

describe("mask layers", () => {
  const resolve = (...layers: Partial<MaskLayerDes>[]) =>
    control({}, layers.map((layer) => ({ ...LAYER, ...layer }))).maskLayers;

  const refused: readonly [layers: Partial<MaskLayerDes>[], message: string][] = [
    [[], "maskLayers is empty"],
    [[{ layerName: "conv9" }], 'maskLayers[0]: layerName "conv9" matches no parameter; there are conv1.weight, conv2'],
    [
      [{}, { layerName: "fc1" }],
      'maskLayers[1]: layerName "fc1" matches fc1.weight and fc1.bias; write the whole name',
    ],
    [[{}, {}], "conv1.weight occurs twice; each parameter can be masked once"],
    [[{}, { layerName: "conv1" }], "conv1.weight occurs twice"],
    [[{ gradIdx: 1 }], 'maskLayers[0]: gradIdx is 1, but "conv1.weight" has index 0 (conv1.weight)'],
    [[{ gradIdx: -1 }], "maskLayers[0]: gradIdx is -1; it must be an integer from 0, or left out"],
    [[{ gradIdx: 0.5 }], "maskLayers[0]: gradIdx is 0.5; it must be an integer"],
    [[{ minNum: -2 }], "maskLayers[0]: minNum is -2; it must be -1 (no limit)"],
    [[{ minNum: 1.5 }], "maskLayers[0]: minNum is 1.5"],
    [[{ upperBound: 0 }], "maskLayers[0]: upperBound is 0; it must be a positive number"],
    [[{ upperBound: NaN }], "maskLayers[0]: upperBound is NaN"],
  ];
  for (const [layers, message] of refused) {
    test(`are refused: ${message}`, () => {
      assertThrows(() => resolve(...layers), RangeError, message);
    });
  }

  test("are refused where a field is of another type", () => {
    assertThrows(() => resolve({ layerName: "" }), TypeError, 'layerName is ""; it must be the name of a parameter');
    const noise = { isAddNoise: "yes" } as unknown as MaskLayerDes;
    assertThrows(() => resolve(noise), TypeError, 'isAddNoise is "yes"; it must be true or false');
  });

  test("are found by a part of the name, or by a part and gradIdx where it is ambiguous, and sorted", () => {
    const layers = resolve({ layerName: "fc1", gradIdx: 3 }, { layerName: "v2" }, { layerName: "conv1.weight" });
    assertEquals(layers.map(({ name, gradIdx, count }) => [name, gradIdx, count]), [
      ["conv1.weight", 0, 150],
      ["conv2.weight", 1, 2400],
      ["fc1.bias", 3, 120],
    ]);
  });

  test("prefer the parameter of exactly that name", () => {
    const specs = ["w.extra", "w"].map((name): ParameterSpec => ({
      name,
      shape: [2],
      initial: lenet5().parameters[0]!.initial,
    }));
    const { maskLayers } = SuppressPrivacyFactory.create({ parameters: specs }, [{ ...LAYER, layerName: "w" }]);
    assertEquals(maskLayers.map(({ name, gradIdx }) => [name, gradIdx]), [["w", 1]]);
  });

  test("have an upper bound of 1.20, of 0.10 at least", () => {
    assertEquals(
      [undefined, 0.01, 0.1, 3].map((upperBound) => resolve(upperBound ? { upperBound } : {})[0]!.upperBound),
      [
        1.2,
        0.1,
        0.1,
        3,
      ],
    );
  });

  test("of more than 10,000 weights are handled approximately, but for the network's first parameter", () => {
    const specs = [["a", 10_001], ["b", 10_000], ["c", 10_001]].map(([name, count]): ParameterSpec => {
      return { name: String(name), shape: [Number(count)], initial: { distribution: "zeros", scale: 0 } };
    });
    const layers = specs.map(({ name }) => ({ ...LAYER, layerName: name }));
    const { maskLayers } = SuppressPrivacyFactory.create({ parameters: specs }, layers);
    assertEquals(maskLayers.map(({ approximate }) => approximate), [false, false, true]);
    assertEquals(control({}).maskLayers.map(({ approximate }) => approximate), [false, false, true, true, false]);
  });
});

const SETTINGS: fc.Arbitrary<ScheduleSettings> = fc.record({
  startEpoch: fc.integer({ min: 1, max: 4 }),
  more: fc.integer({ min: 0, max: 4 }),
  batchNum: fc.integer({ min: 1, max: 120 }),
  maskTimes: fc.integer({ min: 1, max: 300 }),
  sparseStart: fc.double({ min: 0, max: 0.9, noNaN: true }),
  rise: fc.double({ min: 0.01, max: 1, noNaN: true }),
}).map(({ more, rise, ...settings }) => ({
  ...settings,
  endEpoch: settings.startEpoch + more,
  sparseEnd: settings.sparseStart + (0.999 - settings.sparseStart) * rise,
}));

interface Planned {
  readonly step: number;
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly target: number;
}

/** All operations of a whole run. */
function plan(settings: ScheduleSettings): Planned[] {
  const schedule = new SuppressSchedule(settings);
  const planned: Planned[] = [];
  for (let epoch = 1; epoch <= settings.endEpoch; epoch++) {
    for (let stepInEpoch = 1; stepInEpoch <= settings.batchNum; stepInEpoch++) {
      const target = schedule.next(epoch, stepInEpoch);
      if (target !== undefined) planned.push({ step: schedule.step, epoch, stepInEpoch, target });
    }
  }
  return planned;
}

/** `property` for the operations of any schedule. */
function holdsForPlans(property: (planned: Planned[], settings: ScheduleSettings) => void): void {
  fc.assert(fc.property(SETTINGS, (settings) => property(plan(settings), settings)), { numRuns: 200 });
}

const derived = ({ startEpoch, endEpoch, batchNum, maskTimes }: ScheduleSettings) => {
  const all = (endEpoch - startEpoch + 1) * batchNum;
  return { all, interval: all / maskTimes, start: (startEpoch - 1) * batchNum + 1 };
};

describe("the schedule", () => {
  test("starts at the first step of startEpoch, or an interval after the beginning if that is later", () => {
    holdsForPlans(([first], settings) => {
      const { interval, start } = derived(settings);
      // The very last operation may come before an interval has passed.
      const last = settings.endEpoch * settings.batchNum - 2;
      const due = Math.max(start, Math.ceil(interval));
      assertEquals(first?.step, last >= start && settings.batchNum > 2 ? Math.min(due, last) : due);
    });
  });

  test("never asks for less than before, for less than sparseStart or for more than sparseEnd", () => {
    holdsForPlans((planned, { sparseStart, sparseEnd }) => {
      let before = sparseStart;
      for (const { target } of planned) {
        assert(target >= before && target <= sparseEnd, `${target} after ${before}`);
        before = target;
      }
    });
  });

  test("operates at batchNum - 2 of endEpoch at the latest, and afterwards only if that is due", () => {
    holdsForPlans((planned, settings) => {
      const { endEpoch, batchNum } = settings;
      if (batchNum < 3) return;
      const at = planned.findIndex(({ epoch, stepInEpoch }) => epoch === endEpoch && stepInEpoch === batchNum - 2);
      assert(at >= 0);
      assert(planned.length - 1 - at <= 2 / derived(settings).interval);
    });
  });

  test("makes about maskTimes operations: one every interval, rounded up to whole steps", () => {
    holdsForPlans((planned, settings) => {
      const { all, interval, start } = derived(settings);
      const gap = Math.max(1, Math.ceil(interval));
      const late = Math.max(0, Math.ceil(interval) - start);
      const expected = Math.ceil((all - late) / gap);
      assert(Math.abs(planned.length - expected) <= 1, `${planned.length} operations, not about ${expected}`);
    });
    const tutorial = { startEpoch: 3, endEpoch: 10, batchNum: 1875, maskTimes: 1000, sparseStart: 0, sparseEnd: 0.95 };
    assert([1000, 1001].includes(plan(tutorial).length));
  });

  test("follows the cubic curve", () => {
    holdsForPlans((planned, settings) => {
      const { all, start } = derived(settings);
      for (const { step, target } of planned) {
        const left = 1 - (step - start) / all;
        const { sparseStart, sparseEnd } = settings;
        assertAlmostEquals(target, sparseEnd + (sparseStart - sparseEnd) * left * left * left, 1e-12);
      }
    });
  });

  test("cubes with a single rounding", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 53 - 1 }), (mantissa) => {
      // Number(bigint) rounds once; scaling by a power of two not at all.
      assertEquals(cube(mantissa / 2 ** 53), Number(BigInt(mantissa) ** 3n) / 2 ** 159);
    }));
    // Where x * x * x rounds twice and differs.
    assertEquals(Array.from({ length: 99 }, (_, i) => i / 99).filter((x) => cube(x) !== x * x * x).length > 10, true);
  });
});

const LR = 0.1;
const SPECS: readonly ParameterSpec[] = ([["first", 200], ["fine", 400], ["bias", 7], ["wide", 10_400]] as const).map(
  ([name, count]) => ({ name, shape: [count], initial: { distribution: "truncatedNormal", scale: 0.3 } }),
);

interface Run {
  readonly parameters: ParameterStore;
  readonly control: SuppressCtrl;
  /** One update with random gradients (of that size, 0 for none), then whatever the control does. */
  step(gradientSize?: number): Promise<SuppressOperation | undefined>;
}

async function begin(options: EngineOptions, layers: Partial<MaskLayerDes>[], settings: SuppressOptions): Promise<Run> {
  const engine = await openEngine(options);
  const parameters = engine.parameters(SPECS, 3);
  const complete = { startEpoch: 1, endEpoch: 2, batchNum: 20, lr: LR, maskTimes: 10, ...settings };
  const control = SuppressPrivacyFactory.create(
    { parameters: SPECS },
    layers.map((l) => ({ ...LAYER, ...l })),
    complete,
  );
  control.attach(parameters);
  const random = new Random(4);
  let steps = 0;
  return {
    parameters,
    control,
    step: (size = 0) => {
      for (const { name, shape } of SPECS) {
        const draw = () => random.uniform(-size, size);
        parameters.setGradient(name, Float32Array.from({ length: sizeOf(shape) }, draw));
      }
      parameters.update(sgd({ lr: LR }));
      const { batchNum } = control.settings;
      return control.afterStep(Math.floor(steps / batchNum) + 1, steps++ % batchNum + 1);
    },
  };
}

const ALL = [
  { layerName: "first", isAddNoise: true, isLowerClip: true, minNum: 10 },
  { layerName: "fine", isAddNoise: true, isLowerClip: true, minNum: 50 },
  { layerName: "wide" },
];
const masked = (mask: Uint8Array) => mask.reduce((count, kept) => count + 1 - kept, 0);

for (const options of ENGINES) {
  describe(`a suppress operation (${options.engine} ${options.build ?? "float32"})`, () => {
    test("masks weights for good: 0 after every later step, whatever their gradients, on both paths", async () => {
      const { parameters, control, step } = await begin(options, ALL, { sparseEnd: 0.9 });
      let before = await parameters.masks(), operations = 0;
      for (let i = 0; i < 40; i++) {
        const operation = await step(0.5);
        const values = await parameters.values(), masks = await control.masks();
        for (const { name } of control.maskLayers) {
          const back = before[name]!.findIndex((kept, at) =>
            kept === 0 && (values[name]![at] !== 0 || masks[name]![at] !== 0)
          );
          assertEquals(back, -1, `${name}[${back}] came back in step ${i + 1}`);
          if (operation) assertEquals(operation.suppressed[name], masked(masks[name]!), name);
        }
        if (operation) assertEquals(operation.step, i + 1);
        operations += operation ? 1 : 0;
        before = masks;
      }
      // One every fourth step, and the last at step 38.
      assertEquals([operations, control.operations], [10, 10]);
      for (const { name, count } of control.maskLayers) {
        assert(masked(before[name]!) > 0.8 * count && masked(before[name]!) <= 0.9 * count, name);
      }
    });

    test("leaves at least minNum weights, all of them if there are not so many", async () => {
      const layers = [
        { layerName: "first", minNum: 150 },
        { layerName: "fine", minNum: 401 },
        { layerName: "bias", minNum: 0 },
        { layerName: "wide", minNum: 9000 },
      ];
      const { control, step } = await begin(options, layers, { sparseEnd: 0.99, sparseStart: 0.5 });
      for (let i = 0; i < 40; i++) await step(0.1);
      const counts = Object.values(await control.masks()).map(masked);
      assertEquals(counts.slice(0, 3), [50, 0, 6]);
      assert(counts[3]! > 1300 && counts[3]! <= 1400, `${counts[3]} of wide`);
    });

    test("is abandoned, for all layers, when the first parameter's weights are all below 0.02", async () => {
      const { parameters, control, step } = await begin(options, ALL, { sparseStart: 0.3 });
      const tiny = new Float32Array(200).map((_, i) => (i % 2 ? 1 : -1) * 0.0199);
      parameters.setValues({ first: tiny });
      let operation: SuppressOperation | undefined;
      while (!operation) operation = await step();
      assertEquals([operation.abandoned, Object.values(operation.suppressed)], [true, [0, 0, 0]]);
      assertEquals(Object.values(await control.masks()).map(masked), [0, 0, 0]);
      parameters.setValues({ first: tiny.fill(0.0201, 0, 1) });
      operation = undefined;
      while (!operation) operation = await step();
      assertEquals([operation.abandoned, Object.values(operation.suppressed).includes(0)], [false, false]);
    });

    test("counts in one step only: then deWeight is 0, also behind an operation that was abandoned", async () => {
      const deWeights = async (parameters: ParameterStore) =>
        (await Promise.all(["first", "fine", "wide"].map((name) => parameters.deWeight(name)))).map((values) =>
          values.some((value) => value !== 0)
        );
      const rare = await begin(options, ALL, { sparseStart: 0.3 });
      while (!await rare.step());
      assertEquals(await deWeights(rare.parameters), [true, true, true]);
      assertEquals(await rare.step(), undefined);
      assertEquals(await deWeights(rare.parameters), [false, false, false]);

      const constant = await begin(options, ALL, { sparseStart: 0.3, maskTimes: 40 });
      assert(await constant.step());
      assertEquals(await deWeights(constant.parameters), [true, true, true]);
      // The next update is to leave nothing of the first parameter.
      const taken = await constant.parameters.deWeight("first");
      constant.parameters.setValues({ first: taken.map((value) => LR * value) });
      assert((await constant.step())?.abandoned);
      assertEquals(await deWeights(constant.parameters), [false, false, false]);
    });

    test("silences the smallest, moves the others to their bounds, and adds noise where told", async () => {
      const begun = async (layer: Partial<MaskLayerDes>) => {
        const settings = { sparseStart: 0.97, sparseEnd: 0.98 };
        const { parameters, step } = await begin(options, [{ layerName: "first", ...layer }], settings);
        const values = [0.0035, -0.004, 0.3, -0.6, 2, -1.3, 0.55, 0.0051];
        parameters.setValues({ first: Float32Array.from({ length: 200 }, (_, i) => values[i] ?? 0.003) });
        while (!await step());
        await step();
        const { first } = await parameters.values();
        return [...first!.subarray(0, 8), ...first!.subarray(197)];
      };
      const near = (actual: number[], expected: number[], noise = 0) =>
        actual.forEach((value, i) => {
          // Noise only beyond 0.5, and not where the bound pulls.
          const free = Math.abs(expected[i]!) > 0.5 && Math.abs(expected[i]!) < 1.2;
          assertAlmostEquals(value, expected[i]!, free && noise > 0 ? noise : 2e-7, `weight ${i} of ${actual}`);
        });
      // 194 of 200 are to go: the 192 of 0.003 and the two next ones.
      const gone = [0, 0, 0];
      near(await begun({}), [0, 0, 0.3, -0.6, 1.2, -1.2, 0.55, 0.0051, ...gone]);
      near(await begun({ upperBound: 0.5 }), [0, 0, 0.3, -0.5, 0.5, -0.5, 0.5, 0.0051, ...gone]);
      const noisy = await begun({ isAddNoise: true });
      near(noisy, [0, 0, 0.3, -0.6, 1.2, -1.2, 0.55, 0.0051, ...gone], 0.1);
      assert(noisy[3] !== Math.fround(-0.6) && noisy[6] !== Math.fround(0.55), "no noise");
      // Only 190 may go: two of 0.003 stay, the threshold; what is below 0.005 is moved there if told.
      const left = [0, 0.003, 0.003];
      near(await begun({ minNum: 10 }), [0.0035, -0.004, 0.3, -0.6, 1.2, -1.2, 0.55, 0.0051, ...left]);
      const clipped = await begun({ minNum: 10, isLowerClip: true });
      near(clipped, [0.005, -0.005, 0.3, -0.6, 1.2, -1.2, 0.55, 0.0051, ...left]);
    });
  });
}

describe("a suppress control", () => {
  test("serves one run, of the parameters that it was made for", async () => {
    const engine = await openEngine();
    const one = SuppressPrivacyFactory.create({ parameters: SPECS }, [{ ...LAYER, layerName: "first" }]);
    await assertRejects(() => one.afterStep(1, 1), TypeError, "has no parameters yet: link it to a SuppressModel");
    assertThrows(() => one.masks(), TypeError, "has no parameters yet");
    const other = engine.parameters(SPECS.slice(1), 1);
    assertThrows(() => one.attach(other), TypeError, "made for a network with first, fine, bias, wide, not fine, bias");
    one.attach(engine.parameters(SPECS, 1));
    assertThrows(() => one.attach(engine.parameters(SPECS, 1)), TypeError, "already serves a training run");
  });
});
