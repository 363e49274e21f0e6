/** What a model does not take from a checkpoint, nor a program by name: then nothing changes. */
import { describe, test } from "node:test";
import { type Checkpoint, type FitOptions, openEngine } from "../../mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { ENGINES } from "../support/engines.ts";
import { checkpoint, modelOn, NAMES, ONES, saved, SMALL, stateOf, without } from "../support/saved.ts";

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

  describe(`a restore (${engine})`, () => {
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
