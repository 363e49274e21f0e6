/** Training that diverges, and private training on odd batches, on any engine. */
import {
  adam,
  dense,
  DivergedError,
  dpSgd,
  type Engine,
  flatten,
  Model,
  momentum,
  type Optimizer,
  sequential,
  sgd,
  type TrainingData,
  type TrainingState,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertMatch, rejection } from "./assert.ts";

const IMAGES = 48, PIXELS = 16, CLASSES = 3;
const network = sequential([1, 4, 4], [flatten(), dense({ outputs: CLASSES })], { seed: 3 });

/** Images of which the first is black, in batches of any kind. */
function dataOf(batches: readonly (readonly number[])[], sampling: "shuffle" | "poisson", scale = 1 / 255) {
  const images = Uint8Array.from({ length: IMAGES * PIXELS }, (_, i) => i < PIXELS ? 0 : 55 + (37 * i) % 200);
  const labels = Uint8Array.from({ length: IMAGES }, (_, i) => i % CLASSES), epochs: number[] = [];
  const data: TrainingData = {
    source: { images, labels, count: IMAGES, channels: 1, height: 4, width: 4, classes: CLASSES },
    size: [4, 4],
    scale,
    labels: "integer",
    sampling,
    batches: () => batches.length,
    epoch: (epoch) => (epochs.push(epoch), batches),
  };
  return { data, epochs };
}

/** Batches of four, in order. */
const inFours = Array.from({ length: IMAGES / 4 }, (_, i) => [0, 1, 2, 3].map((j) => 4 * i + j));
/** So large that the logits are beyond float32: the loss is NaN. */
const HUGE = { "fc1.weight": new Float32Array(PIXELS * CLASSES).fill(3e38) };

/** A rule with which private training goes on as the others do. */
const RULES: readonly Optimizer[] = [
  sgd({ lr: 0.1 }),
  momentum({ lr: 0.1 }),
  adam(),
  dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 4 }),
];

/**
 * Throws unless training stops at the step that diverges, says which it is, and leaves everything as it was before it.
 */
export async function stopsAtTheStep(engine: Engine): Promise<void> {
  for (const optimizer of RULES) {
    const { data, epochs } = dataOf(inFours, optimizer.kind === "dpSgd" ? "poisson" : "shuffle");
    const model = new Model({ engine, network, optimizer });
    let ended = 0;
    const spoil = {
      onStepEnd: async ({ epoch, stepInEpoch }: TrainingState) => {
        if (epoch === 2 && stepInEpoch === 5) await model.setParameters(HUGE, { partial: true });
      },
      onEpochEnd: () => void ended++,
    };
    const error = await rejection(model.train(5, data, { batchSize: 4, callbacks: [spoil] }));
    assert(error instanceof DivergedError, `${optimizer.kind}: ${error}`);
    assertMatch(error.message, /the loss is NaN at step 6 of epoch 2 \(step 18 of this training\).* smaller lr than 0/);
    const { epoch, stepInEpoch, step, loss } = error;
    assertEquals([epoch, stepInEpoch, step, ended], [2, 6, 18, 1], optimizer.kind);
    assert(Number.isNaN(loss), `the loss is ${loss}`);
    assertEquals((await model.parameters())["fc1.weight"], HUGE["fc1.weight"], optimizer.kind);
    assertEquals(model.steps, 17, optimizer.kind);
    assertEquals(model.record.stretches.map(({ kind, steps }) => `${kind === "unknown" ? kind : ""}${steps}`), [
      "17",
      "unknown0",
    ]);
    // It can be mended, and goes on with the next epoch.
    await model.setParameters({ "fc1.weight": new Float32Array(PIXELS * CLASSES) }, { partial: true });
    await model.train(1, data, { batchSize: 4 });
    assertEquals([model.steps, ...epochs], [29, 1, 2, 3], optimizer.kind);
    assert((await model.parameters())["fc1.weight"]!.some((weight) => weight !== 0), "it does not train any longer");
  }
}

/**
 * Throws unless training behind a divergence goes on as if there had been none, the optimizer's velocity and counts
 * included.
 */
export async function goesOnAsBefore(engine: Engine): Promise<void> {
  const { data } = dataOf(inFours, "shuffle");
  for (const optimizer of [momentum({ lr: 0.1 }), adam({ lr: 0.1 })]) {
    const results = [];
    for (const far of [false, true]) {
      const program = engine.program(network, { batchSize: 4, gradients: "parameters" });
      const step = (batch: number) => {
        program.load(data, inFours[batch]!);
        program.trainStep(optimizer);
      };
      for (const batch of [0, 1, 2]) step(batch);
      if (far) {
        const before = await program.parameters.values();
        program.parameters.setValues(HUGE);
        for (const batch of [3, 4, 5, 6]) step(batch);
        assertEquals((await program.settled())?.step, 4, optimizer.kind);
        program.parameters.setValues(before);
        program.watch();
      }
      for (const batch of [7, 8]) step(batch);
      results.push(await program.parameters.values());
    }
    assertEquals(results[1], results[0], optimizer.kind);
  }
}

/** Throws unless the step is named in an epoch too long to wait for its end, after at most `lag` more steps. */
export async function stopsSoon(engine: Engine, lag: number): Promise<void> {
  const { data } = dataOf(Array.from({ length: 1500 }, (_, i) => [i % IMAGES]), "shuffle");
  const model = new Model({ engine, network, optimizer: sgd({ lr: 0.1 }) });
  let told = 0;
  const onStepEnd = async ({ step }: TrainingState) => {
    told = step;
    if (step === 200) await model.setParameters(HUGE, { partial: true });
  };
  const error = await rejection(model.train(1, data, { batchSize: 1, callbacks: [{ onStepEnd }] }));
  assertMatch(error.message, /at step 201 of epoch 1/);
  assert(told <= 200 + lag, `callbacks were told of step ${told}`);
  assertEquals(model.steps, 200);
}

/**
 * Throws unless steps of a program change nothing from the first on whose loss is infinite, until the watch begins
 * again.
 */
export async function changesNothing(engine: Engine): Promise<void> {
  const program = engine.program(network, { batchSize: 4, gradients: "parameters" });
  const { data } = dataOf(inFours, "shuffle"), targets = new Float32Array(3 * CLASSES);
  const steps: Record<string, () => void> = {
    trainStep: () => program.trainStep(sgd({ lr: 0.1 })),
    regressStep: () => program.regressStep(targets, sgd({ lr: 0.1 })),
  };
  const small = { "fc1.weight": new Float32Array(PIXELS * CLASSES), "fc1.bias": Float32Array.of(1, 2, 3) };
  // Their difference, and its square, are beyond float32.
  const far = { ...small, "fc1.bias": Float32Array.of(3e38, -3e38, 0) };
  for (const [name, step] of Object.entries(steps)) {
    program.watch();
    program.parameters.setValues(small);
    program.load(data, [1, 2, 3]);
    step();
    program.parameters.setValues(far);
    for (let i = 0; i < 3; i++) step();
    assertEquals(await program.settled(), { step: 2, loss: Infinity }, name);
    assertEquals(program.diverged, { step: 2, loss: Infinity }, name);
    assertEquals(await program.parameters.values(), far, name);
    program.parameters.setValues(small);
    program.watch();
    step();
    assertEquals(await program.settled(), undefined, name);
    assert((await program.parameters.values())["fc1.bias"]![0] !== 1, `${name} changes nothing any longer`);
  }
}

/**
 * Throws unless the loss told in private training is the mean over the whole batch, however many parts it is done in,
 * and absent for a batch of none, which is a step all the same.
 */
export async function tellsTheWholeBatch(engine: Engine): Promise<void> {
  const all = Array.from({ length: IMAGES }, (_, i) => i), batches = [[], all.slice(0, 40), [], [7], all.slice(3), []];
  const { data } = dataOf(batches, "poisson"), told: (number | undefined)[] = [];
  const optimizer = dpSgd({ lr: 1e-9, clip: 1, noiseMultiplier: 1, batchSize: 20 });
  const model = new Model({ engine, network, optimizer }), parameters = await model.parameters();
  await model.train(1, data, {
    batchSize: 20,
    callbacks: [{ onStepEnd: async ({ loss }) => void told.push(await loss()) }],
  });
  const whole = engine.program(network, { batchSize: IMAGES });
  whole.parameters.setValues(parameters);
  for (const [i, batch] of batches.entries()) {
    if (batch.length === 0) {
      assertEquals(told[i], undefined);
      continue;
    }
    whole.load(data, batch);
    const mean = (await whole.losses()).reduce((sum, loss) => sum + loss, 0) / batch.length;
    assertAlmostEquals(told[i]!, mean, 1e-5, `the loss of batch ${i}`);
  }
  assertEquals([model.steps, model.privacy({ delta: 0.1 }).steps], [6, 6]);
  // A step on nothing is one of noise.
  const { data: nobody } = dataOf([[]], "poisson"), loud = dpSgd({ ...optimizer, lr: 1 });
  const noisy = new Model({ engine, network, optimizer: loud }), before = await noisy.parameters();
  await noisy.train(1, nobody, { batchSize: 20 });
  const after = (await noisy.parameters())["fc1.weight"]!;
  const squares = after.reduce((sum, weight, i) => sum + (20 * (weight - before["fc1.weight"]![i]!)) ** 2, 0);
  // 48 draws of deviation 1: within 5 standard deviations.
  assertAlmostEquals(squares / after.length, 1, 5 * Math.sqrt(2 / after.length), "the noise's variance");
}

/** Throws unless an example whose gradient is too long for float32 adds nothing, also where its length is no number. */
export async function leavesOutTheUnmeasurable(engine: Engine): Promise<void> {
  const moved = async (images: readonly number[]) => {
    // The squares of such pixels are beyond float32; the black image has none.
    const { data } = dataOf(inFours, "poisson", 1e25);
    const program = engine.program(network, { batchSize: 8, gradients: "parameters" });
    const weight = Float32Array.from({ length: PIXELS * CLASSES }, (_, i) => Math.floor(i / PIXELS) === 1 ? 1e-3 : 0);
    program.parameters.setValues({ "fc1.weight": weight, "fc1.bias": new Float32Array(CLASSES) });
    program.load(data, images);
    program.clippedGradients(0.5);
    program.parameters.update(dpSgd({ lr: 1, clip: 0.5, noiseMultiplier: 0, batchSize: 1 }));
    assertEquals(await program.settled(), undefined);
    const values = await program.parameters.values();
    assertEquals(values["fc1.weight"], weight);
    return values["fc1.bias"]!;
  };
  // Image 1 is read rightly beyond all doubt, so that its gradient is 0 times infinity; image 2 wrongly.
  const alone = await moved([0]), together = await moved([0, 1, 2]);
  const length = Math.sqrt(alone.reduce((sum, value) => sum + value * value, 0));
  assertAlmostEquals(length, 0.5, 1e-5, "the length of the black image's gradient");
  together.forEach((value, i) => assertAlmostEquals(value, alone[i]!, 1e-6, `bias ${i}`));
}
