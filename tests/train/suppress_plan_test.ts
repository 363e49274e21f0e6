/**
 * Suppression said in one place: that it is the long way's to the bit, what is taken from the training, and other
 * mechanisms.
 */
import { describe, test } from "node:test";
import {
  accuracy,
  type Callback,
  decodeCheckpoint,
  encodeCheckpoint,
  type Engine,
  lenet5,
  type Mechanism,
  type MechanismRun,
  momentum,
  type Network,
  openEngine,
  type Optimizer,
  type ParameterStore,
  sgd,
  SuppressMasker,
  SuppressModel,
  type SuppressPlan,
  SuppressPrivacyFactory,
  type UnitLayerDes,
} from "../../mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { few, LAYERS, PLAN, reader, suppressedReader } from "../support/digit_reader.ts";

const UNITS: UnitLayerDes = { layerName: "fc1", granularity: "unit", minNum: 8 };
const train = few(320), options = { batchSize: 16 };

async function modelOf(suppress: SuppressPlan | Mechanism, choices: { lr?: number; network?: Network } = {}) {
  const { lr = 0.2, network = reader() } = choices, engine: Engine = await openEngine({ build: "simd128" });
  return new SuppressModel({ engine, network, optimizer: sgd({ lr }), metrics: { accuracy: accuracy() }, suppress });
}

const zeros = (mask: Uint8Array) => mask.filter((kept) => kept === 0).length;

describe("a model that is told what to silence", () => {
  test("does what the long way does, to the bit, and its checkpoint is the same file", async () => {
    for (const layers of [LAYERS, [UNITS], [UNITS, ...LAYERS]]) {
      const { startEpoch, endEpoch, maskTimes, sparseEnd } = PLAN,
        plan = { startEpoch, endEpoch, maskTimes, sparseEnd };
      const short = await modelOf({ layers, ...plan, seed: 3 });
      await short.train(3, train, options);
      const { engine, network } = { engine: await openEngine({ build: "simd128" }), network: reader() };
      const control = SuppressPrivacyFactory.create(network, layers, { ...PLAN, epochs: 3, seed: 3 });
      const long = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.2 }) });
      long.linkSuppressCtrl(control);
      await long.train(3, train, { ...options, callbacks: [new SuppressMasker(control)] });
      assertEquals(encodeCheckpoint(await short.checkpoint()), encodeCheckpoint(await long.checkpoint()));
      const { suppressCtrl } = short;
      assertEquals([suppressCtrl!.operations, suppressCtrl!.warnings], [control.operations, control.warnings]);
      assertEquals(suppressCtrl!.silentUnits, layers[0] === UNITS ? { fc1: 24 } : {});
      assertEquals(long.suppressCtrl, control);
    }
  });

  test("takes epochs, batches and rate from the training, and the rest from the tutorial", async () => {
    const model = await modelOf({ layers: LAYERS });
    assertEquals([model.suppressCtrl, (await model.checkpoint()).settings.suppress], [undefined, undefined]);
    await model.train(4, train, options);
    const { settings } = model.suppressCtrl!;
    assertEquals(settings, {
      policy: "local_train",
      epochs: 4,
      startEpoch: 3,
      endEpoch: 4,
      batchNum: 20,
      maskTimes: 3,
      lr: 0.2,
      sparseEnd: 0.9,
      sparseStart: 0,
      seed: 1,
    });
    assertEquals((await model.checkpoint()).settings.suppress, model.suppressCtrl!.recorded);
  });

  test("starts in time for a short training, and ends early where units are suppressed", async () => {
    const after = async (epochs: number, plan: SuppressPlan) => {
      const model = await modelOf(plan);
      await model.train(epochs, few(32), options);
      const { startEpoch, endEpoch, maskTimes, sparseEnd } = model.suppressCtrl!.settings;
      return { startEpoch, endEpoch, maskTimes, sparseEnd };
    };
    const once = { maskTimes: 1, sparseEnd: 0.9 };
    assertEquals(await after(1, { layers: LAYERS }), { startEpoch: 1, endEpoch: 1, ...once });
    assertEquals(await after(5, { layers: LAYERS, endEpoch: 2 }), { startEpoch: 2, endEpoch: 2, ...once });
    const units = { startEpoch: 3, endEpoch: 7, maskTimes: 1, sparseEnd: 1 - 8 / 32 };
    assertEquals(await after(10, { layers: [UNITS] }), units);
    assertEquals(await after(10, { layers: [UNITS, ...LAYERS] }), { ...units, sparseEnd: 0.9 });
    assertEquals(await after(10, { layers: [UNITS], startEpoch: 9 }), { ...units, startEpoch: 9, endEpoch: 9 });
    const two: UnitLayerDes[] = [UNITS, { layerName: "conv1", granularity: "unit", minNum: 1 }];
    assertEquals(await after(10, { layers: two, sparseEnd: 0.5 }), { ...units, sparseEnd: 0.5 });
    assertEquals((await after(10, { layers: two })).sparseEnd, 1 - 1 / 8);
  });

  test("tells each operation", async () => {
    const steps: number[] = [];
    const plan = { layers: [UNITS], startEpoch: 1, onOperation: ({ step }: { step: number }) => steps.push(step) };
    const model = await modelOf(plan);
    await model.train(3, train, options);
    assertEquals(steps.length, model.suppressCtrl!.operations);
    assert(steps.length >= 3 && steps.every((step, i) => i === 0 || step > steps[i - 1]!));
    assertEquals(model.suppressCtrl!.silentUnits, { fc1: 24 });
  });

  test("goes on from what is silent when it is trained again, and after a restore", async () => {
    const layers = [UNITS, ...LAYERS], plan = { layers, startEpoch: 1, endEpoch: 2, sparseEnd: 0.75 };
    const model = await modelOf(plan);
    await model.train(2, train, options);
    const first = model.suppressCtrl, saved = decodeCheckpoint(encodeCheckpoint(await model.checkpoint()));
    const restored = await modelOf({ ...plan, sparseEnd: 0.9 }), operations: Readonly<Record<string, number>>[] = [];
    await restored.restore(saved);
    model.setLearningRate(0.1);
    for (const again of [model, restored]) {
      const before = await again.masks();
      const watch: Callback = {
        onStepEnd: () => {
          operations.push(again.suppressCtrl!.silentUnits);
        },
      };
      await again.train(4, train, { batchSize: 32, callbacks: [watch] });
      const after = await again.masks(), values = await again.parameters();
      for (const [name, mask] of Object.entries(before)) {
        assert(mask.every((kept, i) => kept === 1 || (after[name]![i] === 0 && values[name]![i] === 0)), name);
      }
    }
    // From the first step on all that was silent counts.
    assert(operations.every(({ fc1 }) => fc1 === 24));
    const { settings } = model.suppressCtrl!;
    assert(model.suppressCtrl !== first);
    assertEquals([settings.epochs, settings.batchNum, settings.lr], [4, 10, 0.1]);
    const share = (masks: Record<string, Uint8Array>) => zeros(masks["fc1.weight"]!) / masks["fc1.weight"]!.length;
    assert(Math.abs(share(await model.masks()) - 0.75) < 0.01, `${share(await model.masks())}`);
    assert(share(await restored.masks()) > 0.89, `${share(await restored.masks())}`);
  });

  test("refuses to be trained twice at once, and the training under way goes on", async () => {
    const model = await modelOf({ layers: [UNITS], startEpoch: 1 });
    const training = model.train(3, train, options);
    await assertRejects(() => model.train(2, train, options), TypeError, "already training");
    await training;
    assertEquals([model.suppressCtrl!.settings.epochs, model.suppressCtrl!.silentUnits.fc1], [3, 24]);
  });

  test("refuses a plan when it is made, where it can be judged then", async () => {
    const engine = await openEngine(), network = reader(), optimizer: Optimizer = sgd({ lr: 0.2 });
    const made = (suppress: unknown, by: Optimizer = optimizer) => () =>
      new SuppressModel({ engine, network, optimizer: by, suppress: suppress as SuppressPlan });
    const layers = [UNITS];
    const refused: readonly [plan: unknown, error: typeof TypeError | typeof RangeError, words: string][] = [
      [7, TypeError, "suppress is 7"],
      [null, TypeError, "suppress is null"],
      [{}, TypeError, "suppress.layers is undefined"],
      [{ layers: [] }, RangeError, "at least one layer"],
      [{ layers: [{ ...UNITS, layerName: "fc7" }] }, RangeError, "fc7"],
      [{ layers: [{ ...UNITS, minNum: 32 }] }, RangeError, "minNum leaves all units of fc1"],
      [{ layers, lr: 0.2 }, TypeError, "suppress.lr is given, but it is taken from the optimizer"],
      [{ layers, epochs: 3 }, TypeError, "suppress.epochs is given, but it is taken from train(epochs, ...)"],
      [{ layers, batchNum: 20 }, TypeError, "suppress.batchNum is given"],
      [{ layers, sparseEnd: 1 }, RangeError, "sparseEnd is 1"],
      [{ layers, sparseStart: -1 }, RangeError, "sparseStart is -1"],
      [{ layers, startEpoch: 0 }, RangeError, "startEpoch is 0"],
      [{ layers, startEpoch: 3, endEpoch: 2 }, RangeError, "startEpoch is 3"],
      [{ layers, endEpoch: NaN }, RangeError, "endEpoch is NaN"],
      [{ layers, endEpoch: 101 }, RangeError, "endEpoch is 101"],
      [{ layers, maskTimes: 0.5 }, RangeError, "maskTimes is 0.5"],
      [{ layers, seed: -1 }, RangeError, "seed is -1"],
      [{ layers, policy: "else" }, RangeError, "policy"],
      [{ layers, onOperation: 3 }, TypeError, "suppress.onOperation is 3"],
    ];
    for (const [plan, error, words] of refused) assertThrows(made(plan), error, words);
    assertThrows(made({ layers }, momentum({ lr: 0.2 })), TypeError, "suppress privacy needs plain sgd");
  });

  test("refuses a training that the plan does not fit, and changes nothing", async () => {
    const model = await modelOf({ layers: LAYERS, endEpoch: 5 });
    await assertRejects(() => model.train(4, train, options), RangeError, "endEpoch is 5");
    await assertRejects(() => model.train(0, train, options), RangeError, "epochs is 0");
    await assertRejects(() => model.train(101, train, options), RangeError, "epochs is 101");
    await assertRejects(() => model.train(5, few(8), options), RangeError, "no batch would be full");
    const late = await modelOf({ layers: LAYERS, startEpoch: 5 });
    await assertRejects(() => late.train(4, train, options), RangeError, "startEpoch is 5");
    const fast = await modelOf({ layers: LAYERS }, { lr: 0.6 });
    await assertRejects(() => fast.train(4, train, options), RangeError, "lr is 0.6");
    for (const one of [model, late, fast]) assertEquals([one.steps, await one.masks()], [0, {}]);
    await model.train(5, few(32), options);
    assertEquals(model.steps, 10);
  });

  test("cannot be linked to a control as well", async () => {
    const model = await modelOf({ layers: LAYERS }), { control } = await suppressedReader();
    assertThrows(() => model.linkSuppressCtrl(control), TypeError, "made with the option suppress");
  });
});

/** Silences the largest weights of a layer: one more at each step. */
class Largest implements Mechanism {
  readonly recorded = { largest: "fc1.weight" };
  readonly runs: MechanismRun[] = [];
  calls = 0;
  #parameters: ParameterStore | undefined;

  checkOptimizer({ kind }: Optimizer): void {
    if (kind === "dpSgd") throw new TypeError("not beside dpSgd");
  }
  checkRun(run: MechanismRun): void {
    if (run.epochs > 2) throw new RangeError("two epochs at most");
    this.runs.push(run);
  }
  attach(parameters: ParameterStore): void {
    this.#parameters = parameters;
    parameters.addMask("fc1.weight");
  }
  async afterStep(): Promise<void> {
    this.calls++;
    const weights = (await this.#parameters!.values())["fc1.weight"]!;
    const masks = await this.#parameters!.masks(), mask = masks["fc1.weight"]!;
    const largest = weights.reduce((best, weight, i) => Math.abs(weight) > Math.abs(weights[best]!) ? i : best, 0);
    mask[largest] = 0;
    this.#parameters!.setMasks({ "fc1.weight": mask });
  }
}

describe("a mechanism of one's own", () => {
  test("acts after each step, is asked before, and is in the checkpoint", async () => {
    const mechanism = new Largest(), model = await modelOf(mechanism);
    await assertRejects(() => model.train(3, train, options), RangeError, "two epochs at most");
    await model.train(2, train, options);
    assertEquals([mechanism.calls, zeros((await model.masks())["fc1.weight"]!)], [40, 40]);
    const { batches, batchSize } = mechanism.runs[0]!;
    assertEquals([mechanism.runs.length, batches, batchSize], [1, 20, 16]);
    assertEquals((await model.checkpoint()).settings.suppress, { largest: "fc1.weight" });
    assertEquals(model.suppressCtrl, undefined);
    const weights = (await model.parameters())["fc1.weight"]!;
    assertEquals(weights.filter((weight) => weight === 0).length, 40);
    await model.train(1, train, options);
    assertEquals(zeros((await model.masks())["fc1.weight"]!), 60);
  });

  test("is called once a step, where a callback of one's own calls it", async () => {
    const mechanism = new Largest(), model = await modelOf(mechanism);
    const callback: Callback = {
      drives: mechanism,
      onStepEnd: ({ step }) => step % 4 ? undefined : mechanism.afterStep(),
    };
    await model.train(1, train, { ...options, callbacks: [callback] });
    assertEquals(mechanism.calls, 5);
  });

  test("may be a control, which serves one run", async () => {
    const network = lenet5(), control = SuppressPrivacyFactory.create(reader(), LAYERS, PLAN);
    const model = await modelOf(control), engine = await openEngine();
    await model.train(3, train, options);
    assertEquals(control.operations, 9);
    await assertRejects(() => model.train(3, train, options), TypeError, "already serves a training run");
    const other = (optimizer: Optimizer) => () => new SuppressModel({ engine, network, optimizer, suppress: control });
    assertThrows(other(momentum({ lr: 0.2 })), TypeError, "needs plain sgd");
    assertThrows(other(sgd({ lr: 0.1 })), RangeError, "was made for lr 0.2");
  });
});
