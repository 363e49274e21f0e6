/** What a suppress operation does to weights and masks, on every engine; and that a control serves one run. */
import { describe, test } from "node:test";
import {
  type EngineOptions,
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
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { ENGINES } from "../support/engines.ts";

const LAYER: MaskLayerDes = { layerName: "conv1.weight", isAddNoise: false, isLowerClip: false, minNum: -1 };

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
