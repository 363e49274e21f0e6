/**
 * Batch normalisation in programs: PyTorch's numbers, gradients in evaluation, and what leaves its statistics alone.
 */
import { describe, test } from "node:test";
import {
  adam,
  batchNorm,
  conv2d,
  dense,
  dpSgd,
  type Engine,
  flatten,
  GradientLeakageAttack,
  Model,
  momentum,
  openEngine,
  type Optimizer,
  type Program,
  sequential,
  sgd,
  sigmoid,
  sizeOf,
} from "../../mod.ts";
import { resolveMaskLayers } from "../../src/suppress/mask_layer.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { firstValues, normedNetwork, twoSteps, values } from "../support/batch_norm_steps.ts";
import { ENGINES } from "../support/engines.ts";
import { TORCH } from "../support/torch/batch_norm.ts";

const RUNNING = ["norm1.running_mean", "norm1.running_var", "norm2.running_mean", "norm2.running_var"];
const FLOAT64 = { engine: "reference", build: "float64" } as const;

function programOf(engine: Engine, batchSize = 5): Program {
  const network = normedNetwork(), program = engine.program(network, { batchSize, gradients: "both" });
  program.parameters.setValues(firstValues(network));
  return program;
}

function load(program: Program, seed = 20, images = 5): void {
  const labels = Array.from({ length: images }, (_, i) => i % 3);
  program.setInput(values(seed, images * sizeOf(program.network.inputShape), 2), labels);
}

async function running(program: Program): Promise<Float32Array[]> {
  const all = await program.parameters.values();
  return RUNNING.map((name) => all[name]!);
}

describe("batch normalisation", () => {
  for (const options of [...ENGINES, FLOAT64]) {
    const engineName = `${options.engine} ${options.build ?? ""}`;

    test(`does what PyTorch's does, in training and evaluation (${engineName})`, async () => {
      const engine = await openEngine(options);
      // 3 of 8 lanes, and 11 of 16, hold no image.
      for (const batchSize of [5, 16]) {
        const actual = await twoSteps(engine, batchSize);
        assertEquals(Object.keys(actual), Object.keys(TORCH));
        for (const [name, expected] of Object.entries(TORCH)) {
          assertEquals(actual[name]!.length, expected.length, name);
          expected.forEach((value, i) => {
            const off = Math.abs(actual[name]![i]! - value);
            assert(off <= 1e-6, `${name}[${i}] is ${actual[name]![i]}, by PyTorch ${value}`);
          });
        }
      }
    });

    test(`in evaluation takes an image as if it were alone (${engineName})`, async () => {
      const program = programOf(await openEngine(options));
      load(program);
      program.trainStep(sgd({ lr: 0.1 }));
      program.forward();
      const all = await program.output(), losses = await program.losses();
      load(program, 20, 1);
      program.forward();
      assertEquals(await program.output(), all.slice(0, 3));
      assertEquals((await program.losses())[0], losses[0]);
    });

    test(`moves its running statistics with an update, once, and by none without a step (${engineName})`, async () => {
      const program = programOf(await openEngine(options)), { parameters } = program;
      const first = await running(program);
      load(program);
      program.forward();
      await program.losses();
      program.gradients();
      for (const name of RUNNING) assert((await parameters.gradient(name)).every((value) => value === 0), name);
      assertEquals(await running(program), first);
      const optimizers: Optimizer[] = [sgd({ lr: 0.1 }), momentum({ lr: 0.1 }), adam()];
      optimizers.push(dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 5 }));
      for (const optimizer of optimizers) {
        program.gradients();
        const before = await running(program);
        parameters.update(optimizer);
        const after = await running(program);
        after.forEach((one, i) => assert(one.every((value, at) => value !== before[i]![at]), RUNNING[i]));
        for (const again of optimizers) parameters.update(again);
        assertEquals(await running(program), after, `after updates by ${optimizer.kind} without gradients`);
      }
      program.gradients();
      const saved = Object.fromEntries(parameters.specs.map(({ name, shape }) => [name, shape]));
      const all = await parameters.values();
      parameters.restore({
        parameters: Object.fromEntries(
          Object.entries(saved).map(([name, shape]) => [name, { shape, data: all[name]! }]),
        ),
        masks: {},
      });
      parameters.update(sgd({ lr: 0.1 }));
      assertEquals(await running(program), RUNNING.map((name) => all[name]), "statistics of before a restore");
    });

    test(`needs two values of each unit (${engineName})`, async () => {
      const program = programOf(await openEngine(options));
      load(program, 20, 1);
      assertThrows(() => program.gradients(), RangeError, "norm2 cannot train on a batch of one image");
      assertThrows(() => program.trainStep(sgd({ lr: 0.1 })), RangeError, "norm2");
      assertThrows(() => program.regressStep(new Float32Array(3), sgd({ lr: 0.1 })), RangeError, "norm2");
      program.forward();
      assert((await program.output()).every(Number.isFinite));
      load(program, 20, 2);
      program.trainStep(sgd({ lr: 0.1 }));
      // A channel has several places.
      const spatial = sequential([2, 2, 2], [batchNorm(), flatten(), dense({ outputs: 3 })]);
      const other = (await openEngine(options)).program(spatial, { batchSize: 1, gradients: "parameters" });
      other.setInput(values(1, 8), [1]);
      other.trainStep(sgd({ lr: 0.1 }));
      assert((await other.parameters.values())["norm1.running_mean"]!.every((value) => value !== 0));
    });

    test(`is refused by dpSgd with the reason, and its state by masks and gradients (${engineName})`, async () => {
      const engine = await openEngine(options), program = programOf(engine), { network, parameters } = program;
      const optimizer = dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 5 });
      load(program);
      const reason = "dpSgd cannot train norm1: batch normalisation makes the gradient of an example depend on";
      assertThrows(() => program.clippedGradients(1), TypeError, reason);
      assertThrows(() => program.trainStep(optimizer), TypeError, reason);
      assertThrows(() => new Model({ engine, network, optimizer }), TypeError, reason);
      const why = "norm1.running_mean is state that is not trained";
      assertThrows(() => parameters.addMask("norm1.running_mean"), RangeError, why);
      assertThrows(() => parameters.setMasks({ "norm1.running_mean": new Uint8Array(3) }), RangeError, why);
      assertThrows(() => parameters.setGradient("norm1.running_mean", new Float32Array(3)), RangeError, why);
      assertEquals(await parameters.masks(), {});
      assertThrows(
        () => parameters.setValues({ "norm1.running_var": Float32Array.of(1, -1, 1) }),
        RangeError,
        "norm1.running_var is -1 at 1; it must be at least 0",
      );
      const layer = { layerName: "norm1.running_mean", isAddNoise: false, isLowerClip: false, minNum: -1 };
      assertThrows(() => resolveMaskLayers([layer], network.parameters), RangeError, why);
      const model = new Model({ engine, network, optimizer: sgd({ lr: 0.1 }) }), all = await model.parameters();
      assertThrows(() => new GradientLeakageAttack({ engine, network, parameters: all }), TypeError, "norm1");
    });
  }

  // In float64 nothing here is too large.
  for (const options of ENGINES) {
    test(`keeps its running statistics when a step diverges (${options.engine} ${options.build ?? ""})`, async () => {
      const program = programOf(await openEngine(options));
      load(program);
      program.trainStep(sgd({ lr: 0.1 }));
      const before = await running(program);
      program.parameters.setValues({ "fc2.bias": Float32Array.of(3e38, -3e38, 0) });
      program.parameters.setValues({ "fc2.weight": new Float32Array(12).fill(3e38) });
      for (const seed of [20, 21]) {
        load(program, seed);
        program.trainStep(sgd({ lr: 0.1 }));
      }
      assert(await program.settled() !== undefined);
      assertEquals(await running(program), before);
    });
  }

  test("takes PyTorch's state_dict as it is, and leaves its counters out", async () => {
    const model = new Model({ engine: await openEngine(), network: normedNetwork(), optimizer: sgd({ lr: 0.1 }) });
    const parameters = Object.fromEntries(model.network.parameters.map(({ name, shape }) => {
      const data = Float32Array.from(TORCH[`after two steps ${name}`]!);
      return [name, { shape, data }];
    }));
    const counters = Object.fromEntries(
      ["norm1", "norm2"].map((name) => [`${name}.num_batches_tracked`, "2"]),
    );
    const fit = await model.restore({ parameters, masks: {}, step: 2, settings: {}, other: counters });
    assertEquals(fit, { prefix: "", missing: [], other: Object.keys(counters) });
    assertEquals((await model.parameters())["norm2.running_var"], parameters["norm2.running_var"]!.data);
    const wrong = { ...parameters, "norm1.running_var": { shape: [3], data: Float32Array.of(1, 1, -1) } };
    await assertRejects(() => model.restore({ parameters: wrong, masks: {}, step: 2, settings: {} }), RangeError, "-1");
  });

  test("names the option that is wrong", () => {
    for (const momentum of [0, -0.1, 1.1, NaN]) assertThrows(() => batchNorm({ momentum }), RangeError, "momentum is");
    for (const epsilon of [0, -1, Infinity]) assertThrows(() => batchNorm({ epsilon }), RangeError, "epsilon is");
    assertEquals(batchNorm(), { kind: "batchNorm", momentum: 0.1, epsilon: 1e-5 });
  });

  test("has the gradients of evaluation that finite differences say", async () => {
    const network = sequential([2, 4, 3], [
      conv2d({ channels: 3, kernel: 2 }),
      batchNorm(),
      sigmoid(),
      flatten(),
      batchNorm({ epsilon: 0.1 }),
      dense({ outputs: 2 }),
      batchNorm(),
    ]);
    const program = (await openEngine(FLOAT64)).program(network, { batchSize: 3, gradients: "both" });
    const { parameters } = program, inversion = program.inversion(), x = values(1, 3 * 24);
    const given = Object.fromEntries(network.parameters.map(({ name, shape }, i) => {
      const some = values(i + 5, sizeOf(shape));
      return [name, name.endsWith("running_var") ? some.map((value) => value * value + 0.25) : some];
    }));
    parameters.setValues(given);
    const step = {
      feature: 1,
      vertical: 0,
      horizontal: 0,
      square: 0,
      bound: [-9, 9],
      method: "sign",
      rate: 0,
    } as const;
    const lossAt = async (images: Float32Array) => {
      program.setInput(images);
      inversion.setTargets(values(2, 6));
      inversion.step(step);
      return (await inversion.losses()).reduce((sum, loss) => sum + loss, 0);
    };
    const h = 2 ** -6;
    const slope = async (at: (shift: number) => Promise<number>) =>
      (8 * (await at(h) - await at(-h)) - (await at(2 * h) - await at(-2 * h))) / (12 * h);
    await lossAt(x);
    const dx = await program.inputGradient();
    const gradients = new Map<string, Float32Array>();
    for (const { name, trained = true } of network.parameters) {
      if (trained) gradients.set(name, await parameters.gradient(name));
    }
    const moved = (all: Float32Array, at: number, shift: number) =>
      all.map((value, i) => value + (i === at ? shift : 0));
    // The losses are read as float32.
    const compare = (what: string, actual: number, expected: number) =>
      assert(Math.abs(actual - expected) <= 1e-4 * (1 + Math.abs(expected)), `${what}: ${actual}, not ${expected}`);
    for (let at = 0; at < x.length; at += 5) {
      compare(`dx[${at}]`, dx[at]!, await slope((shift) => lossAt(moved(x, at, shift))));
    }
    for (const [name, gradient] of gradients) {
      for (let at = 0; at < gradient.length; at += Math.ceil(gradient.length / 3)) {
        const differences = await slope((shift) => {
          parameters.setValues({ [name]: moved(given[name]!, at, shift) });
          return lossAt(x);
        });
        parameters.setValues({ [name]: given[name]! });
        compare(`d${name}[${at}]`, gradient[at]!, differences);
      }
    }
    assertEquals([...gradients.keys()].length, 10);
  });
});
