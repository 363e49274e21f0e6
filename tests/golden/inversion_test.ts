import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import {
  type EngineOptions,
  ImageInversionAttack,
  lenet5,
  type LossWeights,
  MINDARMOUR_DATA_RANGE,
  openEngine,
  type ParameterValues,
  sliceNetwork,
} from "../../mod.ts";
import { engineMissing, goldenMissing, goldenSettings, type GoldenTensors, goldenTensors } from "./golden.ts";

interface InversionSettings {
  readonly inputBound: readonly [number, number];
  readonly lossWeights: LossWeights;
  readonly iters: number;
  readonly evaluation: { readonly avgL2: number; readonly avgSsim: number; readonly avgConfidence: number };
}

function network(golden: GoldenTensors, prefix: string): ParameterValues {
  return Object.fromEntries(lenet5().parameters.map(({ name }) => [name, golden.f32(`${prefix}.${name}`)]));
}

const engines: readonly EngineOptions[] = [{ build: "relaxed" }, { build: "simd128" }, { engine: "reference" }, {
  engine: "webgpu",
}];

describe("the inversion attack against the reference's", () => {
  for (const options of engines) {
    const title = `has its losses and its figures (${options.engine ?? "wasm"} ${options.build ?? ""})`;
    test(title, { skip: goldenMissing("inversion") || engineMissing(options) }, async () => {
      const golden = goldenTensors("inversion");
      const { inputBound, lossWeights, iters, evaluation } = goldenSettings<InversionSettings>("inversion");
      const attack = new ImageInversionAttack({
        engine: await openEngine(options),
        network: sliceNetwork(lenet5(), "relu3"),
        parameters: network(golden, "network"),
        inputBound,
        lossWeights,
      });
      const originals = golden.f32("originals"), targets = golden.f32("targetFeatures");
      const features = await attack.features(originals);
      features.forEach((value, index) => assertAlmostEquals(value, targets[index]!, 1e-4, `feature ${index}`));

      const losses: Float32Array[] = [];
      const inverted = await attack.generate(targets, {
        iterations: iters,
        starts: golden.f32("starts"),
        onLosses: (values) => losses.push(values),
      });
      assertEquals(losses.length, iters);
      const [images] = golden.shape("losses") as [number];
      for (let image = 0; image < images; image++) {
        const first = golden.f64("losses")[image * iters]!, last = golden.f64("losses")[(image + 1) * iters - 1]!;
        assertAlmostEquals(losses[0]![image]!, first, 1e-5 * first, `loss of step 1, image ${image}`);
        assertAlmostEquals(losses[iters - 1]![image]!, last, 0.02 * last, `loss of step ${iters}, image ${image}`);
      }
      const judge = { network: lenet5(), parameters: network(golden, "otherNetwork") };
      const figures = await attack.evaluate(originals, inverted, {
        labels: golden.i32("labels"),
        judge,
        dataRange: MINDARMOUR_DATA_RANGE,
      });
      assertAlmostEquals(figures.l2.mean, evaluation.avgL2, 0.02);
      assertAlmostEquals(figures.ssim.mean, evaluation.avgSsim, 0.02);
      assert(figures.confidence);
      assertAlmostEquals(figures.confidence.mean, evaluation.avgConfidence, 0.02);
    });
  }
});
