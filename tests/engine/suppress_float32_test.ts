/**
 * Any suppressed run gives the masks and weights of the same run in plain float32, on every engine: the oracle is held
 * to what it judges the others by.
 */
import { assert, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import { type EngineOptions, openEngine, type ParameterSpec, Random, sgd, SuppressPrivacyFactory } from "../../mod.ts";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { ENGINES } from "../support/engines.ts";
import { Float32Control, type Layer, type Operation } from "../support/float32_control.ts";

const PLAN = { endEpoch: 4, batchNum: 20, startEpoch: 2, maskTimes: 9, lr: 0.05, sparseEnd: 0.95 };
const ORDINARY = { masked: true, minNum: -1, isLowerClip: false, upperBound: 1.2 };
/** Of the sizes of LeNet-5's: the fine ones on the exact path, the wide one on the approximate path. */
const LAYERS: readonly Layer[] = [
  { ...ORDINARY, name: "first", count: 150, minNum: 10, isLowerClip: true },
  { ...ORDINARY, name: "fine", count: 2400, minNum: 50, isLowerClip: true, upperBound: 0.15 },
  { ...ORDINARY, name: "wide", count: 12_000 },
  { ...ORDINARY, name: "bias", count: 120, masked: false },
  { ...ORDINARY, name: "last", count: 840, minNum: 50 },
];
const SPECS: readonly ParameterSpec[] = LAYERS.map(({ name, count }) => {
  return { name, shape: [count], initial: { distribution: "zeros", scale: 0 } };
});
/** A GPU without hardware takes its time. */
const RUNS = 8, RUNS_OF_GPU = 2;

/** Random numbers of either sign for every layer. */
function drawAll(random: Random, size: number): Record<string, Float32Array> {
  return Object.fromEntries(LAYERS.map(({ name, count }) => {
    return [name, Float32Array.from({ length: count }, () => random.uniform(-size, size))];
  }));
}

/** A run in plain float32: its first weights, of each step the gradients and the operation, and the last weights. */
interface Run {
  readonly initial: Record<string, Float32Array>;
  readonly steps: readonly {
    readonly gradients: Record<string, Float32Array>;
    readonly right: Operation | undefined;
  }[];
  readonly values: Record<string, Float32Array>;
}

const known = new Map<number, Run>();

/** The run of a seed, the same for all engines. */
function runOf(seed: number): Run {
  let run = known.get(seed);
  if (!run) {
    const random = new Random(seed),
      initial = drawAll(random, 0.1),
      control = new Float32Control(PLAN, LAYERS, initial);
    const steps = Array.from({ length: PLAN.endEpoch * PLAN.batchNum }, () => {
      const gradients = drawAll(random, 0.2);
      return { gradients, right: control.step(gradients) };
    });
    known.set(seed, run = { initial, steps, values: control.values });
  }
  return run;
}

/** Throws unless two arrays are within 1e-6, both times `factor`. */
function assertClose(actual: Float32Array, expected: Float32Array, factor: number, what: string): void {
  assertEquals(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const off = Math.abs(value - expected[i]!) * factor;
    assert(off <= 1e-6, () => `${what}: element ${i} is ${value}, not ${expected[i]}`);
  });
}

/** Compares all steps of one run, from weights and gradients of that seed. */
async function compare(options: EngineOptions, seed: number): Promise<void> {
  const engine = await openEngine(options), parameters = engine.parameters(SPECS, 1);
  const masked = LAYERS.filter((layer) => layer.masked);
  const control = SuppressPrivacyFactory.create(
    { parameters: SPECS },
    masked.map(({ name, minNum, isLowerClip, upperBound }) => {
      return { layerName: name, isAddNoise: false, isLowerClip, minNum, upperBound };
    }),
    PLAN,
  );
  control.attach(parameters);
  const run = runOf(seed);
  parameters.setValues(run.initial);

  let operations = 0;
  for (const [step, { gradients, right }] of run.steps.entries()) {
    for (const { name } of LAYERS) parameters.setGradient(name, gradients[name]!);
    parameters.update(sgd({ lr: PLAN.lr }));
    const epoch = Math.floor(step / PLAN.batchNum) + 1;
    const operation = await control.afterStep(epoch, step % PLAN.batchNum + 1);
    assertEquals(operation?.step, right?.step);
    if (!right) continue;
    operations++;
    const masks = await parameters.masks();
    for (const { name } of masked) {
      const where = `${name} at step ${right.step}, seed ${seed}`;
      const differing = masks[name]!.findIndex((kept, i) => kept !== right.masks[name]![i]);
      assertEquals(differing, -1, `the mask of weight ${differing} of ${where}`);
      assertClose(await parameters.deWeight(name), right.deWeights[name]!, PLAN.lr, `deWeights of ${where}`);
    }
  }
  assert(operations >= 10, `there were ${operations} operations`);
  const values = await parameters.values();
  for (const [name, wanted] of Object.entries(run.values)) {
    assertClose(values[name]!, wanted, 1, `${name}, seed ${seed}`);
  }
}

const adapter = await runtimeGpu()?.requestAdapter();

describe("a suppressed run against the same in plain float32", () => {
  for (const options of [...ENGINES, { engine: "webgpu" } as const]) {
    const skip = options.engine === "webgpu" && !adapter ? "there is no adapter for WebGPU" : false;
    test(`masks the same weights, and moves all to the same values (${Object.values(options).join(" ")})`, {
      skip,
    }, async () => {
      const runs = options.engine === "webgpu" ? RUNS_OF_GPU : RUNS;
      for (let seed = 1; seed <= runs; seed++) await compare(options, seed);
    });
  }
});
