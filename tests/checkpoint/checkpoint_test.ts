/** Checkpoints as safetensors: written and read again, and what is refused on either way. */
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import fc from "fast-check";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../src/checkpoint/network_file.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { Tensor } from "../../src/checkpoint/tensor.ts";
import { FileError } from "../../src/runtime/files.ts";
import { changed, onlyCheckpointErrors } from "../support/damaged_checkpoints.ts";
import { small } from "../support/small_checkpoint.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

describe("a checkpoint", () => {
  test("is read as it was written, NaN included", () => {
    assertEquals(decodeCheckpoint(encodeCheckpoint(small)), small);
  });

  test("of any parameters, masks and settings is read as it was written", () => {
    const names = fc.uniqueArray(fc.string({ unit: "binary" }).filter((name) => name.isWellFormed()), { maxLength: 5 });
    const layers = fc.tuple(names, fc.nat(9), fc.infiniteStream(fc.boolean())).map(([names, size, isMasked]) => {
      const used = names.filter((name) => name !== "__metadata__" && !name.startsWith("mask."));
      const masked = used.filter(() => isMasked.next().value);
      return {
        parameters: Object.fromEntries(
          used.map((name, i) => [name, { shape: [size, 2], data: new Float32Array(2 * size).fill(i) }]),
        ),
        masks: Object.fromEntries(masked.map((name, i) => [name, new Uint8Array(2 * size).fill(i & 1)])),
      };
    });
    const settings = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)));
    const property = fc.property(layers, fc.maxSafeNat(), settings, ({ parameters, masks }, step, settings) => {
      const again = decodeCheckpoint(encodeCheckpoint({ parameters, masks, step, settings }));
      assertEquals(Object.entries(again.parameters).sort(), Object.entries(parameters).sort());
      assertEquals(Object.entries(again.masks).sort(), Object.entries(masks).sort());
      assertEquals([again.step, again.settings], [step, settings]);
    });
    fc.assert(property, { numRuns: 50 });
  });

  test("has the same bytes in whatever order its parameters come", () => {
    const reversed = { ...small, parameters: Object.fromEntries(Object.entries(small.parameters).reverse()) };
    assertEquals(encodeCheckpoint(reversed), encodeCheckpoint(small));
  });

  test("is a safetensors file that any tool reads", () => {
    const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(small));
    assertEquals([...tensors.keys()], ["conv1.weight", "fc1.bias", "mask.conv1.weight"]);
    assertEquals(tensors.get("mask.conv1.weight"), {
      dtype: "U8",
      shape: [2, 1, 1, 2],
      data: Uint8Array.of(1, 0, 1, 1),
    });
    assertEquals(metadata["tacet.step"], "1875");
  });

  test("of another tool is its parameters, step 0 and no masks", () => {
    const bytes = encodeSafetensors([["mask.w", { dtype: "F32", shape: [1], data: Float32Array.of(2) }]], {
      format: "pt",
    });
    const parameters = { "mask.w": { shape: [1], data: Float32Array.of(2) } };
    assertEquals(decodeCheckpoint(bytes), { parameters, masks: {}, step: 0, settings: {} });
  });

  test("may have a parameter whose name looks like a mask's, unless the two collide", () => {
    const data = Float32Array.of(1);
    const parameters = { w: { shape: [1], data }, "mask.w": { shape: [1], data } };
    const checkpoint = { ...small, parameters, masks: { "mask.w": Uint8Array.of(1) } };
    assertEquals(decodeCheckpoint(encodeCheckpoint(checkpoint)), checkpoint);
    assertThrows(
      () => encodeCheckpoint({ ...checkpoint, masks: { w: Uint8Array.of(1) } }),
      RangeError,
      'parameter "mask.w"',
    );
  });

  test("is refused at writing if its masks, step or settings cannot be", () => {
    const refuse = (change: object, type: typeof RangeError | typeof TypeError, message: string) =>
      assertThrows(() => encodeCheckpoint({ ...small, ...change }), type, message);
    refuse({ masks: { fc2: Uint8Array.of(1) } }, RangeError, '"fc2", which is no parameter; the parameters are conv1');
    refuse({ masks: { constructor: Uint8Array.of(1) } }, RangeError, "no parameter");
    refuse({ masks: { "fc1.bias": Uint8Array.of(1, 1) } }, RangeError, "2 elements; the parameter's shape is [1]");
    refuse({ masks: { "fc1.bias": Uint8Array.of(2) } }, RangeError, "is 2 at 0; it must be 0 or 1");
    refuse({ parameters: { w: { shape: [2], data: new Float32Array(3) } }, masks: {} }, RangeError, "do not fit shape");
    for (const step of [-1, 0.5, NaN, 2 ** 53]) refuse({ step }, RangeError, `step is ${step}`);
    refuse({ settings: { lr: NaN } }, TypeError, '"lr" is NaN');
    refuse({ settings: { seen: new Map() } }, TypeError, '"seen" is neither');
    refuse({ settings: { id: 1n } }, TypeError, '"id" is a bigint');
    refuse({ settings: { f: () => 1 } }, TypeError, '"f" is a function');
    refuse({ settings: [] }, TypeError, "must be an object");
    refuse({ settings: undefined }, TypeError, "must be an object");
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    refuse({ settings: cycle }, TypeError, "settings cannot be written as JSON");
  });

  const f32: Tensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
  const metadata = { "tacet.version": "1", "tacet.step": "7", "tacet.settings": "{}" };
  const mask = (shape: number[], values: number[]): Tensor => ({ dtype: "U8", shape, data: Uint8Array.from(values) });
  const cases: [string, [string, Tensor][], Record<string, string>, string][] = [
    ["a mask without a parameter", [["w", f32], ["mask.v", mask([2], [1, 1])]], metadata, 'a mask of "v"'],
    ["a mask of another shape", [["w", f32], ["mask.w", mask([1, 2], [1, 1])]], metadata, "the parameter's shape, [2]"],
    [
      "a mask of fewer dimensions",
      [["w", { ...f32, shape: [2, 1] }], ["mask.w", mask([2], [1, 1])]],
      metadata,
      "[2, 1]",
    ],
    ["a mask of 2", [["w", f32], ["mask.w", mask([2], [1, 2])]], metadata, "2 in the mask"],
    ["a mask but no version", [["w", f32], ["mask.w", mask([2], [1, 1])]], {}, "F32 parameters only"],
    ["a parameter of F64", [["w", { dtype: "F64", shape: [], data: Float64Array.of(1) }]], metadata, "of type F64"],
    ["a newer version", [["w", f32]], { ...metadata, "tacet.version": "3" }, 'version "1" or "2"; a newer'],
    ["a negative step", [["w", f32]], { ...metadata, "tacet.step": "-1" }, "an integer from 0"],
    ["a step of words", [["w", f32]], { ...metadata, "tacet.step": "1e3" }, 'step "1e3"'],
    ["a step beyond 2^53", [["w", f32]], { ...metadata, "tacet.step": "9007199254740993" }, "an integer from 0"],
    ["no step", [["w", f32]], { "tacet.version": "1", "tacet.settings": "{}" }, 'step ""'],
    ["no settings", [["w", f32]], { "tacet.version": "1", "tacet.step": "1" }, 'settings ""'],
    ["settings that are a list", [["w", f32]], { ...metadata, "tacet.settings": "[]" }, "a JSON object"],
    ["settings that are null", [["w", f32]], { ...metadata, "tacet.settings": "null" }, "a JSON object"],
  ];
  for (const [what, tensors, texts, message] of cases) {
    test(`with ${what} is refused at reading`, () => {
      const bytes = encodeSafetensors(tensors, texts);
      const error = assertThrows(() => decodeCheckpoint(bytes, "a.safetensors"), CheckpointError, message);
      assert(error.message.startsWith("a.safetensors: found "));
    });
  }

  test("that was changed anywhere is read or refused, never anything else", () => {
    const decode = onlyCheckpointErrors(decodeCheckpoint);
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (changes) => {
        decode(changed(encodeCheckpoint(small), changes));
      }),
      { numRuns: 1000 },
    );
  });

  test("is saved to a file and loaded from it", async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "new", "net.safetensors");
      await saveCheckpoint(path, small);
      assertEquals(await loadCheckpoint(path), small);
      assertEquals(await readdir(join(folder, "new")), ["net.safetensors"]);
      await assertRejects(() => loadCheckpoint(join(folder, "other")), FileError, "no such file");
      await writeFile(path, "not a checkpoint");
      await assertRejects(() => loadCheckpoint(path), CheckpointError, path);
    });
  });
});
