/** Batch normalisation on a GPU: PyTorch's numbers, evaluation, and what leaves its running statistics alone. */
import { adam, dpSgd, momentum, openEngine, type Optimizer, type Program, sgd } from "../../mod.ts";
import { firstValues, normedNetwork, twoSteps, values } from "../support/batch_norm_steps.ts";
import { TORCH } from "../support/torch/batch_norm.ts";
import { assert, assertEquals } from "./assert.ts";
import { type Case, engineOf } from "./case.ts";
import { assertNear } from "./near.ts";

const OPTIMIZERS: readonly Optimizer[] = [
  sgd({ lr: 0.1 }),
  momentum({ lr: 0.1 }),
  adam(),
  dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 5 }),
];

function load(program: Program, images = 5): void {
  program.setInput(values(20, 32 * images, 2), Array.from({ length: images }, (_, i) => i % 3));
}

async function running(program: Program): Promise<Record<string, Float32Array>> {
  const all = Object.entries(await program.parameters.values());
  return Object.fromEntries(all.filter(([name]) => name.includes("running")));
}

function messageOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

/** The cases. */
export const batchNormCases: readonly Case[] = [
  {
    name: "batch normalisation: PyTorch's numbers in two steps of training and evaluation",
    run: async (gpu) => {
      for (const batchSize of [5, 16]) {
        const actual = await twoSteps(await engineOf(gpu), batchSize);
        for (const [name, expected] of Object.entries(TORCH)) {
          // The gradient of a bias in front of a normalisation is 0 but for rounding.
          const off = actual[name]!.map((value, i) => Math.abs(value - expected[i]!));
          assert(off.every((one) => one <= 2e-6), `${name} is off by ${Math.max(...off)}`);
        }
      }
    },
  },
  {
    name: "batch normalisation: an update moves the running statistics, once, and never a step that diverged",
    run: async (gpu) => {
      const engine = await engineOf(gpu);
      const network = normedNetwork(), program = engine.program(network, { batchSize: 9, gradients: "both" });
      const { parameters } = program;
      parameters.setValues(firstValues(network));
      load(program);
      for (const optimizer of OPTIMIZERS) {
        const before = await running(program);
        program.gradients();
        assertEquals(await running(program), before);
        parameters.update(optimizer);
        const after = await running(program);
        for (const [name, all] of Object.entries(after)) {
          assert(all.every((value, i) => value !== before[name]![i]), `${name} by ${optimizer.kind}`);
          assert((await parameters.gradient(name)).every((value) => value === 0), `the gradient of ${name}`);
        }
        for (const again of OPTIMIZERS) parameters.update(again);
        assertEquals(await running(program), after);
      }
      const before = await running(program);
      parameters.setValues({ "fc2.weight": new Float32Array(12).fill(3e38) });
      for (let step = 0; step < 2; step++) program.trainStep(sgd({ lr: 0.1 }));
      assert(await program.settled() !== undefined, "the steps have diverged");
      assertEquals(await running(program), before);
    },
  },
  {
    name: "batch normalisation: the gradients of evaluation are the reference's",
    run: async (gpu) => {
      const engine = await engineOf(gpu);
      const results = [];
      for (const one of [await openEngine({ engine: "reference", build: "float64" }), engine]) {
        const network = normedNetwork(), program = one.program(network, { batchSize: 7, gradients: "both" });
        program.parameters.setValues(firstValues(network));
        load(program);
        program.trainStep(sgd({ lr: 0.1 }));
        const inversion = program.inversion();
        inversion.setTargets(values(3, 15));
        const none = { vertical: 0, horizontal: 0, square: 0, bound: [-9, 9], method: "sign", rate: 0 } as const;
        inversion.step({ feature: 1, ...none });
        const all: Record<string, Float32Array> = { input: await program.inputGradient() };
        for (const { name } of network.parameters) all[name] = await program.parameters.gradient(name);
        results.push(all);
      }
      for (const [name, expected] of Object.entries(results[0]!)) assertNear(results[1]![name]!, expected, 2e-5, name);
    },
  },
  {
    name: "batch normalisation: one value of a unit and dpSgd are refused",
    run: async (gpu) => {
      const engine = await engineOf(gpu);
      const program = engine.program(normedNetwork(), { batchSize: 5, gradients: "parameters" });
      load(program, 1);
      assert(/norm2 cannot train on a batch of one image/.test(messageOf(() => program.gradients())), "one image");
      load(program);
      assert(/dpSgd cannot train norm1/.test(messageOf(() => program.clippedGradients(1))), "dpSgd");
      const { parameters } = program, masks = { "norm1.running_var": new Uint8Array(3) };
      assert(/not trained/.test(messageOf(() => parameters.setMasks(masks))), "masks");
    },
  },
];
