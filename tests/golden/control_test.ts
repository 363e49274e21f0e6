import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import {
  type EngineOptions,
  type MaskLayerDes,
  openEngine,
  type ParameterSpec,
  sgd,
  type SuppressOptions,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { engineMissing, goldenMissing, goldenSettings, type GoldenTensors, goldenTensors } from "./golden.ts";

interface Control {
  readonly config: Required<SuppressOptions>;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly maskLayers: readonly MaskLayerDes[];
  readonly operations: readonly {
    readonly step: number;
    readonly epoch: number;
    readonly targetSparsity: number;
    readonly layers: Readonly<Record<string, { readonly lastCount: number; readonly masked: number }>>;
  }[];
}

function largestWhere(values: Float32Array, holds: (index: number) => boolean): number {
  return values.reduce((largest, value, index) => holds(index) ? Math.max(largest, Math.abs(value)) : largest, 0);
}

/**
 * Whether the trace holds one and the same deWeight for all operations on a layer. Layers on the exact path are
 * recorded so: the reference rewrites their array in place, and every snapshot shows what it held in the end. Then only
 * the last operation's can be compared; what the others did shows in the final weights.
 */
function snapshotsAreOne(golden: GoldenTensors, name: string, operations: number): boolean {
  const snapshots = Array.from({ length: operations }, (_, i) => golden.f32(`op${i}.deWeight.${name}`));
  return snapshots.every((snapshot) => snapshot.every((value, index) => value === snapshots[0]![index]));
}

const engines: readonly EngineOptions[] = [
  { engine: "wasm", build: "relaxed" },
  { engine: "wasm", build: "simd128" },
  { engine: "reference" },
  { engine: "webgpu" },
];

describe("the suppress control against the reference's", () => {
  for (const options of engines) {
    const title = `operates at the same steps, on the same weights, to the same values (${options.engine} ${
      options.build ?? ""
    })`;
    test(title, { skip: goldenMissing("control") || engineMissing(options) }, async () => {
      const golden = goldenTensors("control");
      const settings = goldenSettings<Control>("control");
      const { config } = settings;
      const specs: ParameterSpec[] = settings.parameters.map(({ name, shape }) => ({
        name,
        shape,
        initial: { distribution: "zeros", scale: 0 },
      }));
      const engine = await openEngine(options);
      const parameters = engine.parameters(specs, 1);
      for (const { name } of specs) parameters.setValues({ [name]: golden.f32(`initial.${name}`) });
      const control = SuppressPrivacyFactory.create({ parameters: specs }, settings.maskLayers, config);
      control.attach(parameters);

      let operations = 0;
      // Weights on the threshold that fell on the other side, by layer: what follows from that is not compared.
      const fallen = new Map(control.maskLayers.map(({ name }) => [name, new Set<number>()]));
      const steps = golden.shape(`gradients.${specs[0]!.name}`)[0]!;
      for (let step = 0; step < steps; step++) {
        for (const { name } of specs) {
          const [, count] = golden.shape(`gradients.${name}`) as [number, number];
          parameters.setGradient(name, golden.f32(`gradients.${name}`).subarray(step * count, (step + 1) * count));
        }
        parameters.update(sgd({ lr: config.lr }));
        const operation = await control.afterStep(Math.floor(step / config.batchNum) + 1, step % config.batchNum + 1);
        if (!operation) continue;

        const expected = settings.operations[operations]!;
        assert(expected, `an operation too many, at step ${operation.step}`);
        const { epoch, targetSparsity } = operation;
        assertEquals(
          { step: operation.step, epoch, targetSparsity },
          { step: expected.step, epoch: expected.epoch, targetSparsity: expected.targetSparsity },
        );
        const masks = await parameters.masks(), values = await parameters.values();
        for (const { name } of control.maskLayers) {
          const mask = masks[name]!, goldenMask = golden.u8(`op${operations}.mask.${name}`);
          const threshold = largestWhere(values[name]!, (index) => mask[index] === 0);
          const different = fallen.get(name)!;
          for (const index of mask.keys()) {
            if (mask[index] === goldenMask[index] || different.has(index)) continue;
            assertAlmostEquals(
              Math.abs(values[name]![index]!),
              threshold,
              1e-6,
              `${name}[${index}] at step ${operation.step}`,
            );
            different.add(index);
          }
          assert(different.size <= 2, `${name} at step ${operation.step}: ${different.size} weights differ`);
          assertAlmostEquals(operation.suppressed[name]!, expected.layers[name]!.lastCount, different.size, name);

          if (
            operations < settings.operations.length - 1 && snapshotsAreOne(golden, name, settings.operations.length)
          ) continue;
          const deWeight = await parameters.deWeight(name);
          const expectedDeWeight = golden.f32(`op${operations}.deWeight.${name}`);
          for (const [index, value] of deWeight.entries()) {
            if (different.has(index)) continue;
            assertAlmostEquals(value * config.lr, expectedDeWeight[index]! * config.lr, 1e-6, `${name}[${index}]`);
          }
        }
        operations++;
      }
      assertEquals(operations, settings.operations.length);

      const values = await parameters.values(), masks = await parameters.masks();
      for (const { name } of specs) {
        const final = golden.f32(`final.${name}`);
        for (const [index, value] of values[name]!.entries()) {
          assertAlmostEquals(value, final[index]!, 1e-6, `${name}[${index}]`);
        }
        masks[name]?.forEach((kept, index) => kept || assertEquals(values[name]![index], 0));
      }
    });
  }
});
