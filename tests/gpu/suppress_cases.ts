/** Suppress operations on a GPU: the masks of the wasm engine, weight for weight. */
import {
  Dataset,
  drawnDigits,
  type Engine,
  lenet5,
  lenet5MaskLayers,
  openEngine,
  type ParameterStore,
  Random,
  sgd,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "./assert.ts";
import { type Case, engineOf } from "./case.ts";
import { assertNear } from "./near.ts";

const NAMES = ["small", "large"] as const;

async function stores(gpu: GPU): Promise<[ParameterStore, ParameterStore]> {
  const engine = await engineOf(gpu), wasm = await openEngine({ engine: "wasm", threads: 1 });
  const specs = [
    { name: "small", shape: [7, 143], initial: { distribution: "zeros", scale: 0 } as const },
    { name: "large", shape: [12007], initial: { distribution: "zeros", scale: 0 } as const },
  ];
  const both = [engine, wasm].map((one) => {
    const store = one.parameters(specs, 1);
    for (const name of NAMES) store.addMask(name);
    return store;
  });
  return both as [ParameterStore, ParameterStore];
}

/** Weights of either sign, many alike: ties must fall as on the other engines. */
function weights(random: Random, count: number, steps: number): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const magnitude = random.integer(4) ? (random.integer(steps) + 1) / steps : random.uniform();
    return (random.integer(2) ? -1 : 1) * magnitude * (random.integer(9) ? 0.3 : 1.5);
  });
}

async function assertSame([actual, expected]: [ParameterStore, ParameterStore], what: string): Promise<void> {
  assertEquals(await actual.masks(), await expected.masks(), what);
  for (const name of NAMES) {
    assertNear(await actual.deWeight(name), await expected.deWeight(name), 1e-6, `${what}, deWeights of ${name}`);
  }
}

async function operate(gpu: GPU): Promise<void> {
  const both = await stores(gpu), random = new Random(3, 0);
  for (let round = 0; round < 8; round++) {
    const values = { small: weights(random, 1001, 200), large: weights(random, 12007, 3000) };
    if (round === 7) values.small.fill(0.001, 0, 900);
    for (const store of both) {
      store.setValues(values);
      store.applyMasks();
    }
    const largest = await Promise.all(both.map((store) => store.maxMagnitude("small")));
    assertEquals(largest[0], largest[1], "the largest magnitude");
    const rule = {
      stop: [1, 57, 300, 470, 471, 800, 950, 1001][round]!,
      minNum: [-1, 10, 400, 1001, 50, 201, 60, 30][round]!,
      lr: 0.05,
      isLowerClip: round % 2 === 0,
      isAddNoise: round % 3 !== 1,
      upperBound: round % 4 ? 1.2 : 0.25,
      seed: 7 + round,
      stream: 0x4000_0000 + round,
    };
    const counts = await Promise.all(both.map((store) => store.suppressExact("small", rule)));
    assertEquals(counts[0], counts[1], `the exact path suppresses as many in round ${round}`);
    const approximate = { rank: [4000, 20, 1, 0, 700, 1e6, 30, 5][round]!, first: round === 0, lr: 0.05 };
    const others = await Promise.all(both.map((store) => store.suppressApproximate("large", approximate)));
    assertEquals(others[0], others[1], `the approximate path suppresses as many in round ${round}`);
    await assertSame(both, `round ${round}`);
    if (round % 2) { for (const store of both) store.clearDeWeights(); }
    for (const store of both) {
      store.setGradient("small", new Float32Array(1001));
      store.setGradient("large", new Float32Array(12007));
      store.update(sgd({ lr: 0.05 }));
    }
    const [actual, expected] = await Promise.all(both.map((store) => store.values()));
    for (const name of NAMES) assertNear(actual![name]!, expected![name]!, 1e-6, `${name} after the update`);
  }
}

/** Suppressed training of LeNet-5 on one engine: what each operation did, the loss, and the weights silent. */
async function training(engine: Engine) {
  const digits = new Dataset(drawnDigits(320), { size: [32, 32] }), network = lenet5();
  const options = { startEpoch: 1, endEpoch: 2, batchNum: digits.batches(32), maskTimes: 4, lr: 0.05, sparseEnd: 0.9 };
  const control = SuppressPrivacyFactory.create(network, lenet5MaskLayers(), options);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.05 }) });
  model.linkSuppressCtrl(control);
  const suppressed: number[] = [];
  const masker = new SuppressMasker(control, (operation) => suppressed.push(...Object.values(operation.suppressed)));
  await model.train(2, digits, { batchSize: 32, callbacks: [masker] });
  return { suppressed, masks: await model.masks(), parameters: await model.parameters() };
}

async function train(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const actual = await training(engine), expected = await training(await openEngine({ engine: "wasm", threads: 1 }));
  assert(actual.suppressed.length >= 20, `there were ${actual.suppressed.length / 5} operations`);
  actual.suppressed.forEach((count, i) => {
    assertAlmostEquals(count, expected.suppressed[i]!, Math.max(2, expected.suppressed[i]! / 500));
  });
  for (const [name, mask] of Object.entries(actual.masks)) {
    const differing = mask.filter((kept, i) => kept !== expected.masks[name]![i]).length;
    assert(differing <= Math.max(2, mask.length / 250), `${differing} of ${mask.length} masks of ${name} differ`);
    mask.forEach((kept, i) => assert(kept || actual.parameters[name]![i] === 0, `a masked weight of ${name} is not 0`));
  }
}

/** The cases. */
export const suppressCases: readonly Case[] = [
  { name: "suppress operations give the masks of the wasm engine, weight for weight", run: operate },
  { name: "suppressed training of LeNet-5 suppresses as many weights as on the wasm engine", run: train },
];
