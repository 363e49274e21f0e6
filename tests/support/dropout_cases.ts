/** What dropout promises, on whatever engine. */
import {
  conv2d,
  dense,
  dpSgd,
  dropout,
  type Engine,
  flatten,
  gelu,
  type Network,
  openEngine,
  type Program,
  sequential,
  sgd,
  sigmoid,
} from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../gpu/assert.ts";
import { assertAllNear, assertNear } from "../gpu/near.ts";

const RATE = 0.4, SCALE = Math.fround(1 / (1 - RATE));
const IMAGES = 5, SIZE = 2 * 3 * 4;

function assertNotEquals(one: Float32Array, other: Float32Array, what = "other steps draw for themselves"): void {
  assert(one.join() !== other.join(), what);
}

/** Dropout alone, whose output for ones is what it kept. */
const ALONE = sequential([2, 3, 4], [dropout({ rate: RATE, seed: 9 }), flatten()]);
const ONES = new Float32Array(IMAGES * SIZE).fill(1);

async function keptBy(program: Program, step?: number, values = ONES): Promise<Float32Array> {
  program.setInput(values, Array.from({ length: values.length / SIZE }, (_, image) => image));
  program.gradients(step);
  return await program.output();
}

/** A network that drops in front, behind a function that needs its output, and behind one that does not. */
const WHOLE = sequential([1, 6, 6], [
  dropout({ rate: 0.2 }),
  conv2d({ channels: 3, kernel: 3 }),
  sigmoid(),
  dropout({ rate: 0.5 }),
  flatten(),
  dense({ outputs: 8 }),
  gelu(),
  dropout({ rate: 0.3, seed: 4 }),
  dense({ outputs: 3 }),
], { seed: 2 });
const PICTURES = Float32Array.from({ length: 7 * 36 }, (_, i) => (i * 29 % 31) / 31);
const LABELS = Array.from({ length: 7 }, (_, image) => image % 3);

function programOf(engine: Engine, batchSize = 7, network: Network = WHOLE): Program {
  return engine.program(network, { batchSize, gradients: "both" });
}

/** Loads so many of the pictures, from one on. */
function load(program: Program, from = 0, count = 7): void {
  program.setInput(PICTURES.slice(36 * from, 36 * (from + count)), LABELS.slice(from, from + count));
}

async function sameDraws(engine: Engine): Promise<void> {
  const reference = await openEngine({ engine: "reference" });
  // Other numbers of lanes draw the same for the images that both have.
  const [one, other] = [programOf(engine, IMAGES, ALONE), programOf(reference, 40, ALONE)];
  const first = await keptBy(one), second = await keptBy(one), later = await keptBy(one, 2 ** 33 + 1);
  assertEquals(await keptBy(other), first, "the first step");
  assertEquals(await keptBy(other), second, "the second step");
  assertEquals(await keptBy(other, 2 ** 33 + 1), later, "a step of a large number");
  for (const [a, b] of [[first, second], [second, later], [first, later]] as const) assertNotEquals(a, b);
  assertNotEquals(first.slice(0, SIZE), first.slice(SIZE, 2 * SIZE), "images draw for themselves");
  assert([...first, ...second, ...later].every((value) => value === 0 || value === SCALE));
  const left = [...first, ...second, ...later].filter((value) => value === 0).length;
  assert(Math.abs(left / 360 - RATE) < 0.13, `${left} of 360 left out`);
  assertEquals(await keptBy(one, 0), first, "the same step again");
  assertEquals(await keptBy(one), second, "counted on from there");
}

async function namesAndSeeds(engine: Engine): Promise<void> {
  const masks = [];
  for (const layer of [{ seed: 9 }, { seed: 10 }, { seed: 9, name: "other" }]) {
    const network = sequential([2, 3, 4], [dropout({ rate: RATE, ...layer }), flatten()]);
    masks.push((await keptBy(programOf(engine, IMAGES, network))).join());
  }
  assertEquals(new Set(masks).size, 3);
}

async function gradientIsOfWhatIsKept(engine: Engine): Promise<void> {
  const program = programOf(engine, IMAGES, ALONE), kept = await keptBy(program);
  const slopes = await program.inputGradient();
  kept.forEach((value, i) => assertEquals(slopes[i] !== 0, value !== 0, `element ${i}`));
}

async function nothingInUse(engine: Engine): Promise<void> {
  const program = programOf(engine), { parameters } = program;
  const plain = sequential([1, 6, 6], WHOLE.layers.filter(({ layer }) => layer.kind !== "dropout").map((l) => l.layer));
  const without = programOf(engine, 7, plain);
  without.parameters.setValues(await parameters.values());
  const all: Float32Array[][] = [];
  for (const one of [program, without]) {
    load(one);
    // A step of training before: what is in use must not be left in its state.
    one.gradients();
    one.forward();
    const output = await one.output(), losses = await one.losses(), inversion = one.inversion();
    inversion.setTargets(new Float32Array(21).fill(0.5));
    const factors = { feature: 1, vertical: 0, horizontal: 0, square: 0 };
    inversion.step({ ...factors, bound: [-2, 2], method: "sign", rate: 0.1 });
    all.push([output, losses, await inversion.losses(), await one.input(), await one.inputGradient()]);
  }
  all[0]!.forEach((values, i) => assertNear(values, all[1]![i]!, 1e-6, `result ${i}`));
  load(program);
  program.gradients();
  assertNotEquals(await program.output(), all[1]![0]!, "in training elements are left out");
}

async function privateParts(engine: Engine): Promise<void> {
  const optimizer = dpSgd({ lr: 1, clip: 0.05, noiseMultiplier: 0, batchSize: 7 }), all = [];
  const before = await programOf(engine).parameters.values();
  for (const parts of [[7], [3, 4], [2, 2, 2, 1]]) {
    const program = programOf(engine);
    for (let step = 0; step < 2; step++) {
      let from = 0;
      for (const count of parts) {
        load(program, from, count);
        program.clippedGradients(0.05);
        from += count;
      }
      program.parameters.update(optimizer);
    }
    const values = await program.parameters.values();
    all.push(Object.fromEntries(
      Object.entries(values).map(([name, data]) => [name, data.map((value, i) => value - before[name]![i]!)]),
    ));
  }
  // In float32 the parameters round more than what they moved by.
  for (const moved of all.slice(1)) assertAllNear(moved, all[0]!, 2e-4, "done in parts");
}

async function bothPassesDrawAlike(engine: Engine): Promise<void> {
  // An image whose gradient is not clipped adds just that gradient.
  const program = programOf(engine), other = programOf(engine), before = await program.parameters.values();
  for (const one of [program, other]) load(one, 0, 1);
  program.clippedGradients(1e3, 5);
  program.parameters.update(dpSgd({ lr: 1, clip: 1e3, noiseMultiplier: 0, batchSize: 1 }));
  other.gradients(5);
  const after = await program.parameters.values();
  for (const [name, values] of Object.entries(after)) {
    const moved = values.map((value, i) => before[name]![i]! - value);
    assertNear(moved, await other.parameters.gradient(name), 1e-5, name);
  }
}

async function stepsAreCounted(engine: Engine): Promise<void> {
  const [counted, told] = [programOf(engine), programOf(engine)];
  for (let step = 0; step < 4; step++) {
    for (const one of [counted, told]) load(one);
    if (step < 3) counted.trainStep(sgd({ lr: 0.1 })), told.trainStep(sgd({ lr: 0.1 }), step);
    else {
      counted.regressStep(new Float32Array(21), sgd({ lr: 0.1 }));
      told.regressStep(new Float32Array(21), sgd({ lr: 0.1 }), step);
    }
    // What is only looked at is no step.
    counted.forward();
    await counted.losses();
  }
  assertEquals(await counted.parameters.values(), await told.parameters.values());
  for (const step of [-1, 0.5, NaN, 2 ** 53]) {
    assertThrows(() => counted.gradients(step), RangeError, `step is ${step}`);
    assertThrows(() => counted.trainStep(sgd({ lr: 0.1 }), step), RangeError, `step is ${step}`);
    assertThrows(() => counted.clippedGradients(1, step), RangeError, `step is ${step}`);
  }
}

/** The cases. */
export const dropoutCases: readonly { readonly name: string; run(engine: Engine): Promise<void> }[] = [
  { name: "dropout leaves out what the reference does, to the bit, other elements in each step", run: sameDraws },
  { name: "dropout draws from its seed and its layer's name", run: namesAndSeeds },
  { name: "the gradient before a dropout is 0 where an element was left out", run: gradientIsOfWhatIsKept },
  { name: "a network in use leaves nothing out: outputs, losses and inversion", run: nothingInUse },
  { name: "a private step leaves out the same in whatever parts it is done", run: privateParts },
  { name: "both backward passes of a private step leave out the same", run: bothPassesDrawAlike },
  { name: "a program counts its steps of training; their numbers may be given", run: stepsAreCounted },
];
