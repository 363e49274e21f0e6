/** Training: what models learn, that a seed decides every bit, and what callbacks are told. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  accuracy,
  type Callback,
  CheckpointConfig,
  conv2d,
  Dataset,
  type DatasetOptions,
  dense,
  DivergedError,
  drawnDigits,
  type Engine,
  type EngineOptions,
  FileError,
  flatten,
  lenet5,
  loadCheckpoint,
  LossMonitor,
  type MaskLayerDes,
  maxPool2d,
  type Metric,
  Model,
  ModelCheckpoint,
  momentum,
  type Network,
  openEngine,
  type Optimizer,
  ProgressMonitor,
  relu,
  sequential,
  sgd,
  SuppressCtrl,
  SuppressMasker,
  SuppressModel,
  type SuppressOptions,
  SuppressPrivacyFactory,
  type TrainingState,
} from "../mod.ts";
import { MachineProgram } from "../src/engine/program.ts";
import { wasmMachine } from "../src/engine/wasm/machine.ts";
import { bestBuild, type WasmBuild } from "../src/engine/wasm/module.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "#std/assert";

const BUILDS: readonly WasmBuild[] = bestBuild === "relaxed" ? ["simd128", "relaxed"] : ["simd128"];
const digits = drawnDigits(1500);
const few = (count: number, options: DatasetOptions = {}) => new Dataset(digits, { limit: count, ...options });

/** A small classifier of 28x28. */
function reader(seed = 1): Network {
  return sequential([1, 28, 28], [
    conv2d({ channels: 8, kernel: 5, stride: 2 }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 32 }),
    relu(),
    dense({ outputs: 10 }),
  ], { seed });
}

interface Choices {
  readonly options?: EngineOptions;
  readonly network?: Network;
  readonly optimizer?: Optimizer;
  readonly metrics?: Record<string, Metric>;
}

async function model(choices: Choices = {}): Promise<Model> {
  const { options, network = reader(), optimizer = momentum({ lr: 0.02 }), metrics = { accuracy: accuracy() } } =
    choices;
  return new Model({ engine: await openEngine(options), network, optimizer, metrics });
}

async function sha256(values: Readonly<Record<string, Float32Array>>): Promise<string> {
  const bytes = Object.values(values).flatMap((data) => [...new Uint8Array(data.buffer)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const LAYERS: readonly MaskLayerDes[] = [
  { layerName: "conv1.weight", isAddNoise: true, isLowerClip: true, minNum: 10 },
  { layerName: "fc1.weight", isAddNoise: true, isLowerClip: false, minNum: -1 },
];
const PLAN = { startEpoch: 2, endEpoch: 3, batchNum: 20, maskTimes: 8, lr: 0.2, sparseEnd: 0.9 } as const;

/** A model to be trained for 3 epochs of 20 batches of 16. */
async function suppressed(options?: EngineOptions, settings: SuppressOptions = {}) {
  const network = reader();
  const control = SuppressPrivacyFactory.create(network, LAYERS, { ...PLAN, ...settings });
  const engine: Engine = await openEngine(options);
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.2 }), metrics: { accuracy: accuracy() } });
  model.linkSuppressCtrl(control);
  return { model, control, masker: new SuppressMasker(control) };
}

describe("a model", () => {
  for (const build of BUILDS) {
    test(`learns to read drawn digits that it has never seen (${build})`, async () => {
      const reading = await model({ options: { build } });
      const unseen = new Dataset(drawnDigits(500, { seed: 2 }));
      assert((await reading.eval(unseen)).accuracy! < 0.3, "it could read before it had learnt");
      await reading.train(5, few(1500));
      // About 0.83, whatever the seed.
      const { accuracy } = await reading.eval(unseen);
      assert(accuracy! > 0.7, `it reads only ${accuracy}`);
    });

    test(`has the same bits after the same training, and others with any other seed (${build})`, async () => {
      const trained = async (seed: number, shuffle: number) => {
        const one = await model({ options: { build }, network: lenet5({ seed }) });
        await one.train(1, few(320, { size: [32, 32], seed: shuffle }));
        return await sha256(await one.parameters());
      };
      const hashes = [await trained(1, 1), await trained(2, 1), await trained(1, 2)];
      assertEquals(await trained(1, 1), hashes[0]);
      assertEquals(new Set(hashes).size, 3);
    });

    test(`has the same bits after the same suppression, and others with another seed of the noise (${build})`, async () => {
      const trained = async (seed: number) => {
        const { model, masker } = await suppressed({ build }, { seed });
        await model.parameters();
        // Large enough for noise.
        await model.setParameters({ "conv1.weight": (await model.parameters())["conv1.weight"]!.map((w) => 2 * w) });
        await model.train(3, few(320), { batchSize: 16, callbacks: [masker] });
        return await sha256(await model.parameters());
      };
      const first = await trained(1);
      assertEquals(await trained(1), first);
      assertNotEquals(await trained(2), first);
    });

    test(`learns the same to the bit from integer and from one-hot labels (${build})`, async () => {
      const trained = async (labels: "integer" | "oneHot") => {
        const one = await model({ options: { build } });
        await one.train(1, few(200, { labels, dropRemainder: false }));
        return await one.parameters();
      };
      assertEquals(await trained("oneHot"), await trained("integer"));
    });

    test(`allocates nothing after its first step (${build})`, () => {
      const machine = wasmMachine(build);
      let allocations = 0;
      const counting = new Proxy(machine, {
        get(target, key) {
          if (key === "allocate") allocations++;
          return Reflect.get(target, key, target);
        },
      });
      const program = new MachineProgram(counting, reader(), { batchSize: 16, gradients: "parameters" });
      const data = few(320);
      const steps = (optimizer: Optimizer) => {
        for (const indices of data.epoch(1, 16)) {
          program.load(data, indices);
          program.trainStep(optimizer);
        }
      };
      assert(allocations > 0);
      for (const optimizer of [sgd({ lr: 0.1 }), momentum({ lr: 0.01 })]) {
        program.load(data, [0]);
        program.trainStep(optimizer);
        const before = [allocations, machine.bytes.byteLength];
        steps(optimizer);
        assertEquals([allocations, machine.bytes.byteLength], before, optimizer.kind);
      }
    });
  }

  test("is evaluated on every image once, in order, also when the batches do not divide them", async () => {
    const seen: number[] = [];
    const labels = {
      clear: () => seen.length = 0,
      update: (_: Float32Array, some: ArrayLike<number>) => seen.push(...Array.from(some)),
    };
    const count = { ...labels, value: () => seen.length };
    const { classes } = digits;
    let logits = 0;
    const sizes: Metric = { clear: () => logits = 0, update: (all) => logits += all.length, value: () => logits };
    const evaluated = await model({ metrics: { count, sizes } });
    for (const images of [1, 31, 32, 33, 100]) {
      const data = few(images, { dropRemainder: images < 32 ? false : true, repeat: 2 });
      assertEquals(await evaluated.eval(data), { count: images, sizes: images * classes });
      assertEquals(seen, [...digits.labels.subarray(0, images)]);
    }
  });

  test("keeps parameters, masks and steps when it goes on with another batch size", async () => {
    const one = await model({ optimizer: sgd({ lr: 0.1 }) });
    await one.train(2, few(64), { batchSize: 32 });
    const { settings, parameters, step } = await one.checkpoint();
    const masks = { "fc2.weight": new Uint8Array(320).fill(1, 5) };
    await one.restore({ settings, parameters, step, masks });
    const before = await one.parameters();
    let atFirst: Record<string, Float32Array> = {};
    const look = { onTrainBegin: async () => void (atFirst = await one.parameters()) };
    await one.train(1, few(64), { batchSize: 8, callbacks: [look] });
    assertEquals(atFirst, before);
    assertEquals([one.steps, (await one.masks())["fc2.weight"]], [12, masks["fc2.weight"]]);
    assertEquals((await one.parameters())["fc2.weight"]!.subarray(0, 5), new Float32Array(5));
  });

  test("refuses what it cannot train on, by name and number", async () => {
    const one = await model();
    for (const epochs of [0, 1.5, NaN]) {
      await assertRejects(() => one.train(epochs, few(64)), RangeError, `epochs is ${epochs}; it must be a positive`);
    }
    await assertRejects(() => one.train(1, few(31)), RangeError, "batchSize is 32, but there are only 31 samples");
    const large = few(64, { size: [32, 32] });
    await assertRejects(
      () => one.train(1, large),
      RangeError,
      "images of [1,32,32] (channels, height, width), but the network takes [1,28,28]",
    );
    const classes = new Dataset({ ...digits, classes: 11 });
    await assertRejects(() => one.train(1, classes), RangeError, "11 classes, but the network has 10 outputs");
    await assertRejects(
      () => one.setParameters({ "fc9.weight": new Float32Array(1) }),
      RangeError,
      'no parameter is named "fc9.weight"',
    );
    await assertRejects(
      () => one.setParameters({ "fc1.bias": new Float32Array(1) }),
      RangeError,
      "fc1.bias takes 32 values, got 1",
    );
    await one.train(1, few(64));
  });

  test("says that it has diverged when the rate is far too large", async () => {
    const wild = await model({ optimizer: sgd({ lr: 1e20 }) });
    const error = await assertRejects(
      () => wild.train(3, few(320)),
      DivergedError,
      "training diverged: the loss is NaN",
    );
    assertMatch(error.message, /at the end of epoch 1; take a smaller lr than 10{20}$/);
    assertEquals(error.name, "DivergedError");
  });
});

describe("callbacks", () => {
  const where = ({ epoch, epochs, stepInEpoch, batches, step, steps }: TrainingState) =>
    [epoch, epochs, stepInEpoch, batches, step, steps].join(" ");

  test("are told in order where training stands, and waited for", async () => {
    const told: string[] = [];
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
    const slow: Callback = {
      onTrainBegin: async (state) => (await pause(), void told.push(`begin ${where(state)}`)),
      onStepEnd: async (state) => (await pause(), void told.push(`step ${where(state)}`)),
      onEpochEnd: async (state) => (await pause(), void told.push(`epoch ${where(state)}`)),
      onTrainEnd: async (state) => (await pause(), void told.push(`end ${where(state)}`)),
    };
    const fast: Callback = { onStepEnd: (state) => void told.push(`fast ${state.step}`) };
    await (await model()).train(2, few(64), { callbacks: [slow, fast] });
    assertEquals(told, [
      "begin 0 2 0 2 0 4",
      ...["step 1 2 1 2 1 4", "fast 1", "step 1 2 2 2 2 4", "fast 2", "epoch 1 2 2 2 2 4"],
      ...["step 2 2 1 2 3 4", "fast 3", "step 2 2 2 2 4 4", "fast 4", "epoch 2 2 2 2 4 4"],
      "end 2 2 2 2 4 4",
    ]);
  });

  test("that throw stop training, and the model can train again", async () => {
    const one = await model();
    let calls = 0;
    const broken: Callback = {
      onStepEnd: () => {
        if (++calls === 3) throw new Error("enough");
      },
    };
    await assertRejects(() => one.train(1, few(320), { callbacks: [broken] }), Error, "enough");
    assertEquals([calls, one.steps], [3, 3]);
    const meanwhile: Callback = {
      onTrainBegin: () => assertRejects(() => one.train(1, few(64)), TypeError, "already training").then(() => {}),
    };
    await one.train(1, few(64), { callbacks: [meanwhile] });
    assertEquals(one.steps, 5);
  });

  test("LossMonitor prints the loss of every so many steps", async () => {
    const lines: string[] = [], losses: number[] = [];
    const monitor = new LossMonitor(3, (line) => lines.push(line));
    const look: Callback = { onStepEnd: async ({ loss }) => void losses.push(await loss()) };
    await (await model()).train(2, few(128), { callbacks: [monitor, look] });
    assertEquals(lines, [
      `epoch: 1 step: 3, loss is ${losses[2]}`,
      `epoch: 2 step: 2, loss is ${losses[5]}`,
    ]);
    assertAlmostEquals(losses[0]!, 2.3, 0.8);
    assertThrows(() => new LossMonitor(0), RangeError, "perPrintTimes is 0; it must be a positive integer");
  });

  test("ProgressMonitor reports every so many steps and after the last one", async () => {
    const steps: number[] = [];
    await (await model()).train(2, few(160), {
      callbacks: [new ProgressMonitor(({ step }) => void steps.push(step), 4)],
    });
    assertEquals(steps, [4, 8, 10]);
    assertThrows(() => new ProgressMonitor(() => {}, 1.5), RangeError, "everySteps is 1.5");
  });
});

describe("a suppressed model", () => {
  const train = few(320);

  test("falls silent as planned, says so step by step, and can still read", async () => {
    const { model, control } = await suppressed();
    const operations: number[] = [];
    const masker = new SuppressMasker(control, ({ targetSparsity }) => operations.push(targetSparsity));
    await model.train(3, train, { batchSize: 16, callbacks: [masker] });
    assertEquals([operations.length, control.operations], [9, 9]);
    const { total, convolutions, network, layers } = await model.sparsity();
    const masks = await model.masks(), parameters = await model.parameters();
    const zeros = (name: string) => masks[name]!.filter((kept) => kept === 0).length;
    assertEquals(Object.keys(layers), ["conv1.weight", "fc1.weight"]);
    for (const [name, share] of Object.entries(layers)) {
      assertEquals([share.weights, share.masked], [masks[name]!.length, zeros(name) / masks[name]!.length]);
      assert(masks[name]!.every((kept, i) => kept === 1 || parameters[name]![i] === 0));
      assert(share.zero >= share.masked && share.masked > 0.85 && share.masked <= 0.9, `${name}: ${share.masked}`);
    }
    const all = zeros("conv1.weight") + zeros("fc1.weight");
    assertEquals([total.weights, total.masked, convolutions], [200 + 9216, all / 9416, layers["conv1.weight"]!]);
    assertEquals([network.weights, network.masked], [9416 + 8 + 32 + 330, all / 9786]);
    assert((await model.eval(few(320))).accuracy! > 0.4);
  });

  test("is silent to the last weight when the very last step was followed by an operation", async () => {
    const { model, control } = await suppressed({}, { maskTimes: 40 });
    let last = 0;
    const masker = new SuppressMasker(control, ({ step }) => last = step);
    await model.train(3, train, { batchSize: 16, callbacks: [masker] });
    assertEquals(last, 60);
    const masks = await model.masks(), weights = (await model.parameters())["fc1.weight"]!;
    assert(weights.every((weight, i) => masks["fc1.weight"]![i] === 1 || weight === 0));
  });

  test("is refused before a control is linked", async () => {
    const { engine, network } = { engine: await openEngine(), network: reader() };
    const bare = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.2 }) });
    await assertRejects(
      () => bare.train(3, train),
      TypeError,
      "no SuppressCtrl is linked: call linkSuppressCtrl before train",
    );
  });

  test("refuses a control that does not fit its optimizer, and a second one", async () => {
    const { model, control } = await suppressed();
    assertThrows(() => model.linkSuppressCtrl(control), TypeError, "already has a SuppressCtrl");
    const engine = await openEngine(), network = reader();
    const heavy = new SuppressModel({ engine, network, optimizer: momentum({ lr: 0.2 }) });
    assertThrows(
      () => heavy.linkSuppressCtrl(control),
      TypeError,
      "the optimizer is momentum; suppress privacy needs plain sgd",
    );
    const slow = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.1 }) });
    assertThrows(
      () => slow.linkSuppressCtrl(control),
      RangeError,
      "lr is 0.1, but the SuppressCtrl was made for lr 0.2",
    );
  });

  test("refuses other epochs and batches than planned, a missing masker, another's masker and a second run", async () => {
    const { model, masker } = await suppressed();
    const callbacks = [masker];
    await assertRejects(
      () => model.train(2, train, { batchSize: 16, callbacks }),
      RangeError,
      "epochs is 2, but the SuppressCtrl was made for 3 epochs",
    );
    await assertRejects(
      () => model.train(3, train, { callbacks }),
      RangeError,
      "10 batches of 32 in an epoch, but the SuppressCtrl was made for batchNum 20",
    );
    for (const others of [[], [(await suppressed()).masker]]) {
      await assertRejects(
        () => model.train(3, train, { batchSize: 16, callbacks: others }),
        TypeError,
        "no SuppressMasker of the linked",
      );
    }
    assertEquals(model.steps, 0);
    await model.train(3, train, { batchSize: 16, callbacks });
    await assertRejects(
      () => model.train(3, train, { batchSize: 16, callbacks }),
      TypeError,
      "already serves a training run; create another",
    );
  });

  test("refuses a control that was made for another network", async () => {
    const control = SuppressPrivacyFactory.create(lenet5(), LAYERS, PLAN);
    const other = new SuppressModel({ engine: await openEngine(), network: reader(), optimizer: sgd({ lr: 0.2 }) });
    other.linkSuppressCtrl(control);
    const callbacks = [new SuppressMasker(control)];
    await assertRejects(
      () => other.train(3, train, { batchSize: 16, callbacks }),
      TypeError,
      "was made for a network with conv1.weight, conv2",
    );
    assert(control instanceof SuppressCtrl);
  });
});

describe("checkpoints", () => {
  /** Runs `body` with the path of a new folder. */
  async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "tacet-"));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("are written every so many steps and at the end, and only the newest are kept", () =>
    inFolder(async (folder) => {
      const config = new CheckpointConfig({ saveCheckpointSteps: 3, keepCheckpointMax: 2 });
      const saver = new ModelCheckpoint({ directory: join(folder, "new"), prefix: "digits", config });
      await (await model()).train(2, few(160), { callbacks: [saver] });
      // Of the steps 3, 6, 9 and 10.
      assertEquals(readdirSync(join(folder, "new")).sort(), ["digits-2_4.safetensors", "digits-2_5.safetensors"]);
      assertEquals(saver.paths, ["digits-2_4", "digits-2_5"].map((name) => `${folder}/new/${name}.safetensors`));
    }));

  test("bring back parameters, masks, steps and settings to the bit", () =>
    inFolder(async (directory) => {
      const { model: silent, control, masker } = await suppressed();
      const saver = new ModelCheckpoint({ directory, config: new CheckpointConfig({ saveCheckpointSteps: 50 }) });
      await silent.train(3, few(320), { batchSize: 16, callbacks: [masker, saver] });
      assertEquals(saver.paths.length, 2);
      const checkpoint = await loadCheckpoint(saver.paths[1]!);
      assertEquals(checkpoint.settings, {
        optimizer: { kind: "sgd", lr: 0.2 },
        suppress: { ...control.settings, maskLayers: control.maskLayers, unitLayers: [] },
      });
      const restored = await model({ network: reader(9), optimizer: sgd({ lr: 0.2 }) });
      await restored.restore(checkpoint);
      assertEquals(await restored.parameters(), await silent.parameters());
      assertEquals([await restored.masks(), restored.steps], [await silent.masks(), 60]);
      assertEquals(await restored.eval(few(100)), await silent.eval(few(100)));
      // What was silent stays silent in further training.
      await restored.train(1, few(320));
      const masks = await restored.masks(), weights = (await restored.parameters())["fc1.weight"]!;
      assert(weights.every((weight, i) => masks["fc1.weight"]![i] === 1 || weight === 0));
    }));

  test("that cannot be written end the training, and leave nothing torn", () =>
    inFolder(async (directory) => {
      const config = new CheckpointConfig({ saveCheckpointSteps: 1 });
      const saver = new ModelCheckpoint({ directory, config });
      // A folder where the third file would go.
      await mkdir(join(directory, "tacet-1_3.safetensors"));
      const one = await model();
      const error = await assertRejects(() => one.train(1, few(320), { callbacks: [saver] }), FileError);
      assertMatch(error.message, /^cannot write ".*tacet-1_3\.safetensors": /);
      assertEquals([one.steps, readdirSync(directory).length], [3, 3]);
      const { step } = await loadCheckpoint(saver.paths[1]!);
      assertEquals(step, 2);
      const before = await readFile(saver.paths[0]!);
      await one.train(1, few(64));
      assertEquals(await readFile(saver.paths[0]!), before);
    }));

  test("are refused at impossible settings", () => {
    assertThrows(() => new CheckpointConfig({ saveCheckpointSteps: 0 }), RangeError, "saveCheckpointSteps is 0");
    assertThrows(() => new CheckpointConfig({ keepCheckpointMax: 1.5 }), RangeError, "keepCheckpointMax is 1.5");
    assertThrows(() => new ModelCheckpoint({ directory: "x", prefix: "a/b" }), TypeError, 'prefix is "a/b"');
  });

  test("of another network are refused by name and size", async () => {
    const small = await model({ network: sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]) });
    await assertRejects(async () => small.restore(await (await model()).checkpoint()), RangeError, "conv1.weight");
  });
});
