/** Checkpoints of models: written during training, and restored. */
import { readdirSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  CheckpointConfig,
  dense,
  FileError,
  flatten,
  loadCheckpoint,
  ModelCheckpoint,
  openEngine,
  sequential,
  sgd,
} from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "#std/assert";
import { few, reader, readerModel, suppressedReader } from "../support/digit_reader.ts";
import { vanishing } from "../support/number_cases.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

describe("checkpoints", () => {
  test("are written every so many steps and at the end, and only the newest are kept", () =>
    inTemporaryFolder(async (folder) => {
      const config = new CheckpointConfig({ saveCheckpointSteps: 3, keepCheckpointMax: 2 });
      const saver = new ModelCheckpoint({ directory: join(folder, "new"), prefix: "digits", config });
      await (await readerModel()).train(2, few(160), { callbacks: [saver] });
      // Of the steps 3, 6, 9 and 10.
      assertEquals(readdirSync(join(folder, "new")).sort(), ["digits-2_4.safetensors", "digits-2_5.safetensors"]);
      assertEquals(saver.paths, ["digits-2_4", "digits-2_5"].map((name) => `${folder}/new/${name}.safetensors`));
    }));

  test("of a second call stand beside those of the first", () =>
    inTemporaryFolder(async (directory) => {
      const config = new CheckpointConfig({ saveCheckpointSteps: 5 }),
        saver = new ModelCheckpoint({ directory, config });
      const one = await readerModel();
      await one.train(1, few(160), { callbacks: [saver] });
      await one.train(2, few(160), { callbacks: [saver] });
      const names = ["tacet-1_5", "tacet-2_5", "tacet-3_5"].map((name) => `${name}.safetensors`);
      assertEquals(readdirSync(directory).sort(), names);
      const steps = await Promise.all(saver.paths.map(async (path) => (await loadCheckpoint(path)).step));
      assertEquals(steps, [5, 10, 15]);
      // And those of a model that goes on from one of them.
      const restored = await readerModel();
      await restored.restore(await loadCheckpoint(saver.paths[2]!));
      await restored.train(1, few(160), { callbacks: [saver] });
      assertEquals(readdirSync(directory).sort(), [...names, "tacet-4_5.safetensors"]);
    }));

  test("bring back parameters, masks, steps and settings to the bit", () =>
    inTemporaryFolder(async (directory) => {
      const { model: silent, control, masker } = await suppressedReader();
      const saver = new ModelCheckpoint({ directory, config: new CheckpointConfig({ saveCheckpointSteps: 50 }) });
      await silent.train(3, few(320), { batchSize: 16, callbacks: [masker, saver] });
      assertEquals(saver.paths.length, 2);
      const checkpoint = await loadCheckpoint(saver.paths[1]!);
      assertEquals(checkpoint.settings, {
        optimizer: { kind: "sgd", lr: 0.2 },
        suppress: { ...control.settings, maskLayers: control.maskLayers, unitLayers: [] },
      });
      const restored = await readerModel({ network: reader(9), optimizer: sgd({ lr: 0.2 }) });
      await restored.restore(checkpoint);
      assertEquals(await restored.parameters(), await silent.parameters());
      assertEquals([await restored.masks(), restored.steps], [await silent.masks(), 60]);
      assertEquals(await restored.eval(few(100)), await silent.eval(few(100)));
      // What was silent stays silent in further training.
      await restored.train(1, few(320));
      const masks = await restored.masks(), weights = (await restored.parameters())["fc1.weight"]!;
      assert(weights.every((weight, i) => masks["fc1.weight"]![i] === 1 || weight === 0));
    }));

  test("of parameters that are no numbers are not written, though the loss was finite: that ends the training", () =>
    inTemporaryFolder(async (directory) => {
      const { model, data } = await vanishing(await openEngine());
      const saver = new ModelCheckpoint({ directory });
      const lost = "parameter fc1.weight[0] is -Infinity; it must be finite";
      await assertRejects(() => model.train(2, data, { batchSize: 1, callbacks: [saver] }), RangeError, lost);
      assertEquals([saver.paths, readdirSync(directory)], [[], []]);
    }));

  test("that cannot be written end the training, and leave nothing torn", () =>
    inTemporaryFolder(async (directory) => {
      const config = new CheckpointConfig({ saveCheckpointSteps: 1 });
      const saver = new ModelCheckpoint({ directory, config });
      // A folder where the third file would go.
      await mkdir(join(directory, "tacet-1_3.safetensors"));
      const one = await readerModel();
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
    const small = await readerModel({ network: sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]) });
    await assertRejects(
      async () => small.restore(await (await readerModel()).checkpoint()),
      RangeError,
      "conv1.weight",
    );
  });
});
