/** What a model takes from a checkpoint, and that it takes all of it or nothing. */
import { describe, test } from "node:test";
import {
  adam,
  type Checkpoint,
  conv2d,
  dense,
  dpSgd,
  type EngineOptions,
  type FitOptions,
  flatten,
  Model,
  momentum,
  type Network,
  openEngine,
  type Optimizer,
  relu,
  sequential,
  sgd,
  sizeOf,
} from "../../mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { few, reader, readerModel } from "../support/digit_reader.ts";
import { ENGINES } from "../support/engines.ts";

/** Weights of two ranks and biases, [2,1,2,3], [2], [3,8], [3]. */
const SMALL = sequential([1, 3, 4], [
  conv2d({ channels: 2, kernel: [2, 3] }),
  relu(),
  flatten(),
  dense({ outputs: 3 }),
]);
const NAMES = SMALL.parameters.map(({ name }) => name);

type Saved = Record<string, { shape: readonly number[]; data: Float32Array }>;

/** Every parameter filled with 1, 2, 3..., from `first` on. */
function saved(network: Network, first = 1, rename = (name: string) => name): Saved {
  return Object.fromEntries(network.parameters.map(({ name, shape }) => {
    return [rename(name), { shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => first + i) }];
  }));
}

const checkpoint = (parameters: Saved, more: Partial<Checkpoint> = {}): Checkpoint => ({
  parameters,
  masks: {},
  step: 7,
  settings: {},
  ...more,
});

async function modelOn(options: EngineOptions, network: Network = SMALL, optimizer: Optimizer = sgd({ lr: 0.1 })) {
  return new Model({ engine: await openEngine(options), network, optimizer });
}

/** All that a refused restore must leave as it was. */
const stateOf = async (model: Model) => [await model.parameters(), await model.masks(), model.steps];

const without = (parameters: Saved, ...names: string[]): Saved =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));

const ONES = { shape: [1], data: Float32Array.of(1) };
const F64 = { shape: [3], data: new Float64Array(3) as unknown as Float32Array };

/** What is refused, and by which words. */
const REFUSED: [string, Checkpoint, string[], typeof RangeError | typeof TypeError, FitOptions?][] = [
  ["an empty one, with all names", checkpoint({}), [`missing are ${NAMES.join(", ")}`], RangeError],
  ["one missing parameter", checkpoint(without(saved(SMALL), "fc1.bias")), ["missing is fc1.bias"], RangeError],
  [
    "two unknown parameters behind all others",
    checkpoint({ ...saved(SMALL), "bn1.weight": ONES, zz: ONES }),
    ['no parameters are named "bn1.weight", "zz"', `there are ${NAMES.join(", ")}`],
    RangeError,
  ],
  [
    "a name of Object.prototype",
    checkpoint({ ...saved(SMALL), constructor: ONES }),
    ['named "constructor"'],
    RangeError,
  ],
  [
    "a dense kernel stored [inputs, outputs]",
    checkpoint({ ...saved(SMALL), "fc1.weight": { shape: [8, 3], data: new Float32Array(24) } }),
    ["fc1.weight has shape [8, 3], but the network's is [3, 8]", "[inputs, outputs]", "transpose"],
    RangeError,
  ],
  ...([["HWIO", [2, 3, 1, 2]], ["OHWI", [2, 2, 3, 1]]] as const).map(([layout, shape]): typeof REFUSED[number] => [
    `a kernel stored ${layout}`,
    checkpoint({ ...saved(SMALL), "conv1.weight": { shape, data: new Float32Array(12) } }),
    [`conv1.weight has shape [${shape.join(", ")}], but the network's is [2, 1, 2, 3]`, layout, "transpose"],
    RangeError,
  ]),
  [
    "a flattened kernel",
    checkpoint({ ...saved(SMALL), "conv1.weight": { shape: [12], data: new Float32Array(12) } }),
    ["conv1.weight has shape [12]"],
    RangeError,
  ],
  [
    "a bias with a dimension too many",
    checkpoint({ ...saved(SMALL), "fc1.bias": { shape: [1, 3], data: new Float32Array(3) } }),
    ["fc1.bias has shape [1, 3], but the network's is [3]", "length 1"],
    RangeError,
  ],
  [
    "fewer values than the shape says",
    checkpoint({ ...saved(SMALL), "fc1.bias": { shape: [3], data: new Float32Array(2) } }),
    ["fc1.bias takes 3 values, got 2"],
    RangeError,
  ],
  [
    "all faults at once",
    checkpoint({ ...without(saved(SMALL), "fc1.bias"), zz: ONES, "conv1.bias": ONES }),
    ["missing is fc1.bias", '"zz"', "conv1.bias has shape [1], but the network's is [2]"],
    RangeError,
  ],
  [
    "doubles",
    checkpoint({ ...saved(SMALL), "fc1.bias": F64 }),
    ['"fc1.bias" is Float64Array', "Float32Array"],
    TypeError,
  ],
  [
    "a mask of an unknown parameter",
    checkpoint(saved(SMALL), { masks: { zz: Uint8Array.of(1) } }),
    ['masks has "zz"'],
    RangeError,
  ],
  [
    "a mask of another length",
    checkpoint(saved(SMALL), { masks: { "conv1.bias": Uint8Array.of(0, 1), "fc1.bias": Uint8Array.of(1) } }),
    ["the mask of fc1.bias takes 3 values, got 1"],
    RangeError,
  ],
  [
    "a mask with a 2",
    checkpoint(saved(SMALL), { masks: { "fc1.bias": Uint8Array.of(0, 1, 2) } }),
    ["the mask of fc1.bias is 2 at 2; it must be 0 or 1"],
    RangeError,
  ],
  [
    "a mask that holds no bytes",
    checkpoint(saved(SMALL), { masks: { "fc1.bias": [1, 1, 1] as unknown as Uint8Array } }),
    ["the mask of fc1.bias is Array"],
    RangeError,
  ],
  [
    "a mask without its parameter",
    checkpoint(without(saved(SMALL), "fc1.bias"), { masks: { "fc1.bias": Uint8Array.of(1, 0, 1) } }),
    ["there is a mask of fc1.bias, but no values of it"],
    RangeError,
    { partial: true },
  ],
  ["a step before the first", checkpoint(saved(SMALL), { step: -1 }), ["step is -1"], RangeError],
  [
    "an unknown parameter among a part",
    checkpoint({ "fc1.bias": saved(SMALL)["fc1.bias"]!, zz: ONES }),
    ['no parameter is named "zz"'],
    RangeError,
    { partial: true },
  ],
  [
    "a wrong shape among a part",
    checkpoint({ "fc1.bias": { shape: [3], data: new Float32Array(3) }, "conv1.bias": ONES }),
    ["conv1.bias has shape [1]"],
    RangeError,
    { partial: true },
  ],
  [
    "names of which some have a known prefix",
    checkpoint(saved(SMALL, 1, (name) => name === "fc1.bias" ? name : `module.${name}`)),
    ['"module.fc1.weight"', "missing are conv1.weight, conv1.bias, fc1.weight"],
    RangeError,
  ],
  [
    "a known prefix without which one is missing, and suggests it",
    checkpoint(without(saved(SMALL, 1, (name) => `networks.${name}`), "networks.fc1.bias")),
    ['every name begins with "networks."', '{ prefix: "networks." }'],
    RangeError,
  ],
  [
    "an unknown prefix, and suggests it",
    checkpoint(saved(SMALL, 1, (name) => `backbone.net.${name}`)),
    ['every name begins with "backbone.net."', '{ prefix: "backbone.net." }'],
    RangeError,
  ],
  ["a prefix that no name has", checkpoint(saved(SMALL)), ['prefix is "model."'], RangeError, { prefix: "model." }],
  [
    "weights that are there as integers, and says so",
    checkpoint(without(saved(SMALL), "fc1.weight"), {
      other: { "fc1.weight": { dtype: "I8", shape: [3, 8], data: new Int8Array(24) } },
    }),
    ["missing is fc1.weight", "of type I8"],
    RangeError,
  ],
];

for (const options of ENGINES) {
  const engine = `${options.engine} ${options.build ?? ""}`.trim();

  describe(`restoring a checkpoint (${engine})`, () => {
    test("takes parameters, masks and steps, and reports that nothing was in the way", async () => {
      const model = await modelOn(options), masks = { "fc1.bias": Uint8Array.of(1, 0, 1) };
      const fit = await model.restore(checkpoint(saved(SMALL), { masks }));
      assertEquals(fit, { prefix: "", missing: [], other: [] });
      const { "fc1.bias": bias, ...rest } = await model.parameters();
      assertEquals(bias, Float32Array.of(1, 0, 3));
      for (const [name, values] of Object.entries(rest)) assertEquals(values, saved(SMALL)[name]!.data);
      assertEquals([await model.masks(), model.steps], [masks, 7]);
    });

    for (const [what, wrong, messages, type, fit] of REFUSED) {
      test(`refuses ${what}, and changes nothing`, async () => {
        const model = await modelOn(options);
        await model.restore(
          checkpoint(saved(SMALL, 100), { masks: { "conv1.weight": new Uint8Array(12).fill(1, 3) } }),
        );
        const before = await stateOf(model);
        const error = await assertRejects(
          () => model.restore({ ...wrong, step: wrong.step === 7 ? 9 : wrong.step }, fit),
          type,
        );
        for (const message of messages) assertStringIncludes(error.message, message);
        assertEquals(await stateOf(model), before);
      });
    }

    test("drops the masks that the checkpoint does not have, and trains their weights again", async () => {
      const model = await modelOn(options, reader(), sgd({ lr: 0.1 }));
      const one = await model.checkpoint();
      // So few weights live that the kernels follow lists.
      const masks = Object.fromEntries(["conv1.weight", "fc1.weight", "fc2.weight"].map((name) => {
        return [name, Uint8Array.from(one.parameters[name]!.data, (_, i) => Number(i % 50 === 0))];
      }));
      await model.restore({ ...one, masks });
      await model.train(1, few(64));
      await model.restore({ ...one, masks: { "fc2.weight": masks["fc2.weight"]! } });
      assertEquals(await model.masks(), { "fc2.weight": masks["fc2.weight"]! });
      await model.restore(one);
      assertEquals([await model.masks(), await model.parameters()], [
        {},
        Object.fromEntries(Object.entries(one.parameters).map(([name, { data }]) => [name, data])),
      ]);
      const fresh = await modelOn(options, reader(), sgd({ lr: 0.1 }));
      for (const batchSize of [32, 16]) {
        await model.train(1, few(64, { shuffleBuffer: 0 }), { batchSize });
        await fresh.train(1, few(64, { shuffleBuffer: 0 }), { batchSize });
      }
      assertEquals([await model.parameters(), await model.masks()], [await fresh.parameters(), {}]);
      // And may be masked once more.
      await model.restore({ ...one, masks });
      assertEquals(await model.masks(), masks);
    });

    for (const optimizer of [momentum({ lr: 0.02 }), adam({ lr: 0.01 })]) {
      test(`begins ${optimizer.kind} anew: it trains as a fresh model does`, async () => {
        const used = await readerModel({ options, optimizer }), fresh = await readerModel({ options, optimizer });
        const first = await used.checkpoint();
        await used.train(1, few(64));
        await used.restore(first);
        // The same batches in the same order.
        const data = few(64, { shuffleBuffer: 0 });
        await used.train(1, data);
        await fresh.train(1, data);
        assertEquals(await used.parameters(), await fresh.parameters());
      });
    }

    test("recovers a program whose gradients, masks and sums are left over from before", async () => {
      const one = await openEngine(options);
      const [used, fresh] = [0, 1].map(() => one.program(SMALL, { batchSize: 2, gradients: "parameters" }).parameters);
      used!.setMasks({ "fc1.weight": new Uint8Array(24).fill(1, 12) });
      for (const { name, shape } of SMALL.parameters) {
        used!.setGradient(name, new Float32Array(sizeOf(shape)).fill(7));
      }
      used!.addGradients();
      await used!.suppressExact("fc1.weight", {
        stop: 20,
        minNum: -1,
        lr: 0.1,
        isLowerClip: false,
        isAddNoise: false,
        upperBound: 1.2,
        seed: 1,
        stream: 1,
      });
      const plan = checkpoint(saved(SMALL), { masks: { "fc1.bias": Uint8Array.of(1, 0, 1) } });
      const rule = dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 4, seed: 3 });
      for (const parameters of [used!, fresh!]) {
        parameters.restore(plan);
        parameters.update(rule, 5);
      }
      assertEquals(await used!.values(), await fresh!.values());
      assertEquals(await used!.masks(), await fresh!.masks());
    });

    test("takes a part when it is asked to, and leaves the rest with its masks", async () => {
      const model = await modelOn(options),
        masks = { "fc1.bias": Uint8Array.of(1, 0, 1), "conv1.bias": Uint8Array.of(0, 1) };
      await model.restore(checkpoint(saved(SMALL, 100), { masks }));
      const part = without(saved(SMALL), "fc1.weight", "fc1.bias");
      const fit = await model.restore(checkpoint(part), { partial: true });
      assertEquals(fit, { prefix: "", missing: ["fc1.weight", "fc1.bias"], other: [] });
      const values = await model.parameters();
      assertEquals([values["conv1.bias"], values["fc1.bias"]], [Float32Array.of(1, 2), Float32Array.of(100, 0, 102)]);
      assertEquals(await model.masks(), { "fc1.bias": masks["fc1.bias"] });
    });

    for (const prefix of ["module.", "_orig_mod.", "network.", "networks.", "module._orig_mod.", "module.module."]) {
      test(`takes "${prefix}" off all names, and says so`, async () => {
        const model = await modelOn(options), masks = { [`${prefix}fc1.bias`]: Uint8Array.of(1, 1, 0) };
        const fit = await model.restore(checkpoint(saved(SMALL, 1, (name) => prefix + name), { masks }));
        assertEquals(fit, { prefix, missing: [], other: [] });
        assertEquals((await model.parameters())["fc1.bias"], Float32Array.of(1, 2, 0));
        assertEquals(await model.masks(), { "fc1.bias": Uint8Array.of(1, 1, 0) });
      });
    }

    test("takes a known prefix off a part too", async () => {
      const model = await modelOn(options), part = saved(SMALL, 1, (name) => `networks.${name}`);
      const fit = await model.restore(checkpoint(without(part, "networks.fc1.weight")), { partial: true });
      assertEquals(fit, { prefix: "networks.", missing: ["fc1.weight"], other: [] });
      assertEquals((await model.parameters())["fc1.bias"], Float32Array.of(1, 2, 3));
    });

    test("takes another prefix off when it is asked to", async () => {
      const model = await modelOn(options), renamed = saved(SMALL, 1, (name) => `backbone.net.${name}`);
      assertEquals((await model.restore(checkpoint(renamed), { prefix: "backbone.net." })).prefix, "backbone.net.");
      assertEquals((await model.parameters())["fc1.bias"], Float32Array.of(1, 2, 3));
    });

    test("passes over what training keeps beside the parameters, and names it", async () => {
      const model = await modelOn(options);
      const beside = {
        "moments.fc1.bias": ONES,
        "moment1.networks.fc1.bias": ONES,
        learning_rate: ONES,
        beta1_power: ONES,
        "optimizer.state.0.exp_avg": ONES,
        scale: { shape: [], data: Float32Array.of(1) },
      };
      const parameters = { ...saved(SMALL, 1, (name) => `networks.${name}`), ...beside };
      const { prefix, other } = await model.restore(checkpoint(parameters, { other: { note: "abc" } }));
      assertEquals([prefix, other], ["networks.", [...Object.keys(beside), "note"]]);
      assertEquals((await model.parameters())["fc1.bias"], Float32Array.of(1, 2, 3));
    });

    test("says what is wrong with hostile names, in bounded words and time", async () => {
      const model = await modelOn(options), hostile = { shape: [1], data: new Float32Array(1) };
      const dots = ".".repeat(1_000_000), many = Array.from({ length: 20_000 }, (_, i) => [`a.${i}`, hostile]);
      for (const parameters of [{ [dots]: hostile }, Object.fromEntries(many) as Saved]) {
        const error = await assertRejects(() => model.restore(checkpoint(parameters)), RangeError, "no parameter");
        assert(error.message.length < 20_000, `${error.message.length} characters`);
      }
    });

    test("keeps a layer of a network apart from an optimizer's state of the same name", async () => {
      const network = sequential([1, 1, 1], [flatten(), dense({ outputs: 1, name: "moments" })]);
      const model = await modelOn(options, network);
      assertEquals((await model.restore(checkpoint(saved(network, 5)))).other, []);
      assertEquals((await model.parameters())["moments.weight"], Float32Array.of(5));
    });
  });

  describe(`setting values by name (${engine})`, () => {
    test("sets all parameters of a model, or a part when it is asked to; what is masked stays 0", async () => {
      const model = await modelOn(options);
      await model.restore(checkpoint(saved(SMALL), { masks: { "fc1.bias": Uint8Array.of(1, 0, 1) } }));
      const bias = { "fc1.bias": Float32Array.of(7, 8, 9) }, before = await stateOf(model);
      const error = await assertRejects(() => model.setParameters(bias), RangeError);
      assertStringIncludes(error.message, "missing are conv1.weight, conv1.bias, fc1.weight");
      assertEquals(await stateOf(model), before);
      const { missing } = await model.setParameters(bias, { partial: true });
      assertEquals([missing.length, (await model.parameters())["fc1.bias"]], [3, Float32Array.of(7, 0, 9)]);
      const all = Object.fromEntries(NAMES.map((name) => [`module.${name}`, saved(SMALL, 3)[name]!.data]));
      assertEquals((await model.setParameters(all)).prefix, "module.");
      assertEquals((await model.parameters())["fc1.bias"], Float32Array.of(3, 0, 5));
    });

    test("of a program is all or nothing, for values and for masks", async () => {
      const { parameters } = (await openEngine(options)).program(SMALL, { batchSize: 1 });
      const state = async () => [await parameters.values(), await parameters.masks()], before = await state();
      const good = Float32Array.of(7, 8, 9), kept = Uint8Array.of(0, 1, 0);
      const values: [Record<string, Float32Array>, typeof RangeError | typeof TypeError, string][] = [
        [{ zz: good, yy: good }, RangeError, 'no parameters are named "zz", "yy"'],
        [{ "conv1.bias": good }, RangeError, "conv1.bias takes 2 values, got 3"],
        [{ "conv1.bias": [1, 2] as unknown as Float32Array }, TypeError, '"conv1.bias" is Array'],
        [{ "conv1.bias": undefined as unknown as Float32Array }, TypeError, '"conv1.bias" is Undefined'],
      ];
      for (const [wrong, type, message] of values) {
        assertThrows(() => parameters.setValues({ "fc1.bias": good, ...wrong }), type, message);
        assertEquals(await state(), before);
      }
      const masks: [Record<string, Uint8Array>, string][] = [
        [{ zz: kept, yy: kept }, 'masks has "zz", "yy"'],
        [{ "conv1.bias": kept }, "the mask of conv1.bias takes 2 values, got 3"],
        [{ "conv1.bias": Uint8Array.of(1, 255) }, "the mask of conv1.bias is 255 at 1"],
      ];
      for (const [wrong, message] of masks) {
        assertThrows(() => parameters.setMasks({ "fc1.bias": kept, ...wrong }), RangeError, message);
        assertEquals(await state(), before);
      }
      parameters.setMasks({ "fc1.bias": kept });
      assert(Object.hasOwn(await parameters.masks(), "fc1.bias"));
    });
  });
}
