/** Whole networks on a GPU against the reference engine in float64. */
import { dpSgd, flatten, openEngine, type Optimizer, type Program, sequential, sgd } from "../../mod.ts";
import { ELEMENTWISE_NAMES, KINDS } from "../../src/nn/layers/table.ts";
import { mixersOf } from "../../src/nn/mixing.ts";
import { assert, assertAlmostEquals, assertEquals } from "./assert.ts";
import { type Arrangement, type Case, engineOf } from "./case.ts";
import { assertAllNear, assertNear } from "./near.ts";
import { trainNothing } from "./no_parameters.ts";
import { OPTIMIZERS, type Sample, SAMPLES } from "./networks.ts";

/** Sums of some hundred terms, rounded at each. */
const ROUNDING = 2e-5;

function indices({ data, batchSize }: Sample, from: number, count = batchSize): number[] {
  return Array.from({ length: count }, (_, i) => (5 * i + from) % data.source.count);
}

async function compare(actual: Program, expected: Program, relative: number): Promise<void> {
  assertNear(await actual.output(), await expected.output(), relative, "the output");
  assertAlmostEquals(await actual.loss(), await expected.loss(), 10 * relative, "the loss");
  assertNear(await actual.inputGradient(), await expected.inputGradient(), relative, "the input's gradient");
  for (const { name } of actual.network.parameters) {
    const [one, other] = [await actual.parameters.gradient(name), await expected.parameters.gradient(name)];
    assertNear(one, other, relative, `the gradient of ${name}`);
  }
}

function gradientsCase(name: string, sample: Sample, arrangement: Arrangement): Case {
  const run = async (gpu: GPU) => {
    const engine = await engineOf(gpu, arrangement);
    const reference = await openEngine({ engine: "reference", build: "float64" });
    const [actual, expected] = [engine, reference].map((one) => {
      const program = one.program(sample.network, { batchSize: sample.batchSize, gradients: "both" });
      program.parameters.setValues(sample.parameters);
      return program;
    }) as [Program, Program];
    // The whole batch, and then a part of it: what the lanes behind it hold must not matter.
    for (const count of [sample.batchSize, Math.ceil(sample.batchSize / 2)]) {
      for (const program of [actual, expected]) {
        program.load(sample.data, indices(sample, count, count));
        program.gradients();
      }
      assertNear(await actual.input(), await expected.input(), 1e-7, "the input");
      await compare(actual, expected, ROUNDING);
      assertNear(await actual.losses(), await expected.losses(), ROUNDING, "the losses");
    }
  };
  return { name: `${name}: output, losses and all gradients (as for ${arrangement})`, run };
}

function optimizerCase(optimizer: Optimizer): Case {
  const sample = SAMPLES["pooled, rows and columns left over, padded, resized"]!;
  const run = async (gpu: GPU) => {
    const engine = await engineOf(gpu);
    const reference = await openEngine({ engine: "reference" });
    const results = [];
    for (const one of [engine, reference]) {
      const program = one.program(sample.network, { batchSize: sample.batchSize, gradients: "parameters" });
      const mask = Uint8Array.from({ length: sample.parameters["fc1.weight"]!.length }, (_, i) => i % 3 ? 1 : 0);
      program.parameters.setMasks({ "fc1.weight": mask });
      for (let step = 0; step < 6; step++) {
        program.load(sample.data, indices(sample, step));
        program.trainStep(optimizer);
      }
      const values = await program.parameters.values();
      mask.forEach((kept, i) => assert(kept || values["fc1.weight"]![i] === 0, "a masked weight is exactly 0"));
      results.push(values);
    }
    assertAllNear(results[0]!, results[1]!, 1e-3, "after six steps");
  };
  return { name: `${optimizer.kind}: six steps with a mask, as by the reference`, run };
}

function clippingCase(name: string, sample: Sample): Case {
  const run = async (gpu: GPU) => {
    const engine = await engineOf(gpu);
    const reference = await openEngine({ engine: "reference", build: "float64" });
    const lengths: number[] = [], moved = [];
    for (const one of [reference, engine]) {
      const { network, batchSize, parameters, data } = sample;
      const program = one.program(network, { batchSize, gradients: "parameters" });
      program.parameters.setValues(parameters);
      if (lengths.length === 0) lengths.push(...await gradientLengths(program, data));
      // Some are clipped, some not, and the second batch is no whole one.
      const clip = lengths.sort((a, b) => a - b)[1]!;
      for (const count of [batchSize, Math.ceil(batchSize / 2)]) {
        program.load(data, indices(sample, count, count));
        // The lengths were measured by one of the two alone: both are told the step.
        program.clippedGradients(clip, 9);
      }
      // Rate and deviation are such that the noise moves the parameters as much as the gradients do, and both more than
      // float32 rounds.
      for (let step = 5; step < 7; step++) {
        program.parameters.update(dpSgd({ lr: 1 / clip, clip, noiseMultiplier: 1, batchSize: 2, seed: 3 }), step);
      }
      const values = await program.parameters.values();
      moved.push(Object.fromEntries(
        Object.entries(values).map(([name, all]) => [name, all.map((value, i) => value - parameters[name]![i]!)]),
      ));
    }
    assertAllNear(moved[1]!, moved[0]!, ROUNDING, "after two private steps");
  };
  return { name: `${name}: clipped and noised gradients`, run };
}

/** The lengths of three images' own gradients over all parameters. */
async function gradientLengths(program: Program, data: Sample["data"]): Promise<number[]> {
  const lengths: number[] = [];
  for (const index of [0, 1, 2]) {
    program.load(data, [index]);
    program.gradients();
    let squares = 0;
    for (const { name } of program.network.parameters) {
      squares += (await program.parameters.gradient(name)).reduce((sum, value) => sum + value * value, 0);
    }
    lengths.push(Math.sqrt(squares));
  }
  return lengths;
}

/** The functions of single elements on a GPU, from -12 to 12, and their slopes. */
async function functionsAreNear(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const reference = await openEngine({ engine: "reference", build: "float64" });
  const x = Float32Array.from({ length: 32 * 32 }, (_, i) => (i - 512) * 12 / 512);
  for (const kind of ELEMENTWISE_NAMES) {
    const results = [];
    for (const one of [engine, reference]) {
      const program = one.program(sequential([1, 32, 32], [{ kind }, flatten()]), { batchSize: 1, gradients: "input" });
      program.setInput(x);
      program.regressStep(new Float32Array(1024), sgd({ lr: 1 }));
      // The gradient of the mean of squares is 2 y f'(x) / 1024.
      const slopes = (await program.inputGradient()).map((value) => 512 * value);
      results.push({ values: await program.output(), slopes });
    }
    const [actual, expected] = results as [typeof results[0], typeof results[0]];
    x.forEach((at, i) => {
      const room = Math.max(1, Math.abs(at)), { values, slopes } = actual!;
      assertAlmostEquals(values[i]!, expected!.values[i]!, 1e-6 * room, `${kind}(${at})`);
      assertAlmostEquals(slopes[i]!, expected!.slopes[i]!, 2e-6 * room, `the slope of ${kind} at ${at}`);
    });
  }
}

/** The cases. */
export const networkCases: readonly Case[] = [
  ...Object.entries(SAMPLES).flatMap(([name, sample]) =>
    (["software", "hardware"] as const).map((arrangement) => gradientsCase(name, sample, arrangement))
  ),
  ...Object.values(OPTIMIZERS).map(optimizerCase),
  ...Object.entries(SAMPLES).filter(([, { network }]) => mixersOf(network).length === 0).map(([name, sample]) =>
    clippingCase(name, sample)
  ),
  { name: "functions of single elements are within 1e-6 of the reference", run: functionsAreNear },
  {
    name: "every kind of layer is in a network that is compared",
    run() {
      const kinds = new Set(
        Object.values(SAMPLES).flatMap(({ network }) => network.layers.map(({ layer }) => layer.kind)),
      );
      assertEquals([...kinds].sort(), Object.keys(KINDS).sort());
      return Promise.resolve();
    },
  },
  {
    name: "a network without parameters: a step by any rule changes nothing",
    run: async (gpu) => {
      const engine = await engineOf(gpu);
      await trainNothing(engine);
    },
  },
];
