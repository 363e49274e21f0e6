/** Which of a checkpoint's names a model takes for its own: a part, prefixes, what training keeps beside. */
import { describe, test } from "node:test";
import { dense, flatten, sequential } from "../../mod.ts";
import { assert, assertEquals, assertRejects } from "#std/assert";
import { ENGINES } from "../support/engines.ts";
import { checkpoint, modelOn, ONES, type Saved, saved, SMALL, without } from "../support/saved.ts";

for (const options of ENGINES) {
  const engine = `${options.engine} ${options.build ?? ""}`.trim();

  describe(`restoring by names (${engine})`, () => {
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
}
