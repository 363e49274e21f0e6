import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "#std/assert";
import fc from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { CheckpointError } from "../src/checkpoint/errors.ts";
import { decodeMindsporeCheckpoint, floatParameters } from "../src/checkpoint/mindspore.ts";
import type { Checkpoint } from "../src/checkpoint/network_file.ts";
import { decodeCheckpoint, encodeCheckpoint, loadCheckpoint, saveCheckpoint } from "../src/checkpoint/network_file.ts";
import { decodeSafetensors, encodeSafetensors } from "../src/checkpoint/safetensors.ts";
import { CheckpointStore } from "../src/checkpoint/store.ts";
import type { Tensor } from "../src/checkpoint/tensor.ts";
import { FileError } from "../src/runtime/files.ts";

const small: Checkpoint = {
  parameters: {
    "conv1.weight": { shape: [2, 1, 1, 2], data: Float32Array.of(0.5, 0, -1, NaN) },
    "fc1.bias": { shape: [1], data: Float32Array.of(3) },
  },
  masks: { "conv1.weight": Uint8Array.of(1, 0, 1, 1) },
  step: 1875,
  settings: { lr: 0.05, layers: [{ name: "conv1.weight", minNum: 10 }], note: null },
};

/** Only a CheckpointError may come out of bad bytes. */
function onlyCheckpointErrors(decode: (bytes: Uint8Array) => unknown): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  };
}

async function inTemporaryFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-checkpoint-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

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
        const bytes = encodeCheckpoint(small);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        decode(bytes);
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

describe("CheckpointStore", () => {
  test("keeps the newest files and removes none that it has not written", async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "net-1_1.safetensors"), "of another run");
      await writeFile(join(folder, "net-0_9.safetensors"), "of another run");
      const store = new CheckpointStore(folder, "net", 2);
      for (let step = 2; step <= 5; step++) {
        const path = await store.save(1, step, { ...small, step });
        assertEquals((await loadCheckpoint(path)).step, step);
      }
      assertEquals((await readdir(folder)).sort(), [
        "net-0_9.safetensors",
        "net-1_1.safetensors",
        "net-1_4.safetensors",
        "net-1_5.safetensors",
      ]);
      assertEquals(store.paths, [`${folder}/net-1_4.safetensors`, `${folder}/net-1_5.safetensors`]);
    });
  });

  test("takes a file saved again for the newest, and one removed by others for removed", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(`${folder}/`, "net", 2);
      const first = await store.save(1, 1, small);
      const second = await store.save(1, 2, small);
      assertEquals(await store.save(1, 1, { ...small, step: 9 }), first);
      await rm(second);
      const third = await store.save(2, 1, small);
      assertEquals(store.paths, [first, third]);
      assertEquals((await loadCheckpoint(first)).step, 9);
    });
  });

  test("keeps its number when several are saved at once", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, "net", 2);
      await Promise.all([1, 2, 3, 4, 5, 6].map((step) => store.save(1, step, small)));
      assertEquals((await readdir(folder)).length, 2);
      assertEquals((await readdir(folder)).sort(), store.paths.map((path) => path.slice(folder.length + 1)).sort());
    });
  });

  test("leaves the old file and its list as they were when a save fails", async () => {
    await inTemporaryFolder(async (folder) => {
      const store = new CheckpointStore(folder, "net", 1);
      const first = await store.save(1, 1, small);
      await assertRejects(() => store.save(1, 2, { ...small, step: -1 }), RangeError, "step");
      await assertRejects(() => store.save(-1, 2, small), RangeError, "epoch is -1");
      await assertRejects(() => store.save(1, 0.5, small), RangeError, "stepInEpoch is 0.5");
      assertEquals(store.paths, [first]);
      assertEquals(await readdir(folder), ["net-1_1.safetensors"]);
    });
  });

  test("refuses a prefix that leads elsewhere and a number that is none", () => {
    for (const prefix of ["", "../net", "a\\b", "a:b", "a\0"]) {
      assertThrows(() => new CheckpointStore(".", prefix, 1), TypeError, "prefix");
    }
    assertThrows(() => new CheckpointStore("", "net", 1), TypeError, "directory");
    for (const max of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(() => new CheckpointStore(".", "net", max), RangeError, "keepCheckpointMax");
    }
  });
});

/** A length-delimited protocol buffer field. */
function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return concat(Uint8Array.of(number * 8 + 2), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Uint8Array.from([...bytes, value]);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function mindsporeValue(name: string, dims: number[], type: string, content: Uint8Array): Uint8Array {
  const shape = dims.map((dim) => concat(Uint8Array.of(8), varint(dim)));
  return field(1, concat(field(1, name), field(2, concat(...shape, field(2, type), field(3, content)))));
}

describe("a MindSpore checkpoint", () => {
  const path = join(process.env.TACET_SHARED ?? "../shared", "checkpoints", "checkpoint_lenet-10_1875.ckpt");

  test("of LeNet-5, as MindSpore wrote it, holds its eight parameters", {
    skip: existsSync(path) ? false : `there is no ${path}: set TACET_SHARED to the folder of the shared data`,
  }, () => {
    const tensors = decodeMindsporeCheckpoint(readFileSync(path), path);
    const parameters = floatParameters(tensors);
    const shapes = Object.entries(parameters).filter(([name]) => !name.startsWith("moments."))
      .map(([name, { shape }]) => `${name} ${shape}`);
    assertEquals(shapes, [
      "conv1.weight 6,1,5,5",
      "conv2.weight 16,6,5,5",
      "fc1.weight 120,400",
      "fc1.bias 120",
      "fc2.weight 84,120",
      "fc2.bias 84",
      "fc3.weight 10,84",
      "fc3.bias 10",
    ]);
    assertEquals(tensors.get("learning_rate"), { dtype: "F64", shape: [], data: Float64Array.of(0.001) });
    assertAlmostEquals(tensors.get("momentum")!.data[0] as number, 0.9, 1e-7);
    for (const { data } of Object.values(parameters)) assert(data.every((value) => Math.abs(value) < 10));
    assert(parameters["conv1.weight"]!.data.some((value) => Math.abs(value) > 0.1));
  });

  const four = Uint8Array.of(0, 0, 128, 63);
  const eight = concat(four, Uint8Array.of(0, 0, 0, 192));

  test("gives scalars, empty tensors and slices of large ones their true shape", () => {
    const bytes = concat(
      mindsporeValue("scalar", [0], "Float32", four),
      mindsporeValue("bare", [], "Int32", four),
      mindsporeValue("none", [0, 3], "Float32", new Uint8Array(0)),
      mindsporeValue("sliced", [2, 1], "Float32", four),
      mindsporeValue("sliced", [2, 1], "Float32", eight.slice(4)),
      field(
        1,
        concat(field(1, "packed"), field(2, concat(field(1, Uint8Array.of(2, 1)), field(2, "Bool"), field(3, "ab")))),
      ),
    );
    const tensors = decodeMindsporeCheckpoint(bytes);
    assertEquals([...tensors.entries()], [
      ["scalar", { dtype: "F32", shape: [], data: Float32Array.of(1) }],
      ["bare", { dtype: "I32", shape: [], data: Int32Array.of(0x3f800000) }],
      ["none", { dtype: "F32", shape: [0, 3], data: new Float32Array(0) }],
      ["sliced", { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, -2) }],
      ["packed", { dtype: "BOOL", shape: [2, 1], data: Uint8Array.of(97, 98) }],
    ]);
    assertEquals(Object.keys(floatParameters(tensors)), ["scalar", "none", "sliced"]);
  });

  const good = mindsporeValue("w", [1], "Float32", four);
  const cases: [string, Uint8Array, string][] = [
    ["an unknown type", mindsporeValue("w", [1], "Complex64", four), 'type "Complex64"'],
    ["a size that does not fit", mindsporeValue("w", [2], "Float32", four), "expected 8 bytes"],
    ["a shape beyond all memory", mindsporeValue("w", [2 ** 40, 2 ** 40], "Float32", four), "fewer elements"],
    ["too many dimensions", mindsporeValue("w", Array(65).fill(1), "Float32", four), "more than 64"],
    ["a name twice", concat(good, mindsporeValue("v", [1], "Float32", four), good), "a second time"],
    ["a field of another number", field(2, "x"), "is it a MindSpore checkpoint"],
    ["a map parameter", field(1, concat(field(1, "w"), field(3, "x"))), "map parameters"],
    ["no tensor", field(1, field(1, "w")), "without name or tensor"],
    ["no content", field(1, concat(field(1, "w"), field(2, field(2, "Float32")))), "without type or content"],
    ["a name given twice", field(1, concat(field(1, "w"), field(1, "w"))), "a field a second time"],
    ["a name that is not UTF-8", field(1, field(1, Uint8Array.of(255))), "UTF-8"],
    ["a negative dimension", field(1, field(2, Uint8Array.of(8, ...Array(9).fill(255), 1))), "beyond 2^53"],
    ["an endless number", new Uint8Array(100).fill(128), "beyond 2^53"],
  ];
  for (const [what, bytes, message] of cases) {
    test(`with ${what} is refused`, () => {
      const error = assertThrows(() => decodeMindsporeCheckpoint(bytes, "a.ckpt"), CheckpointError, message);
      assert(error.message.startsWith("a.ckpt: found "));
    });
  }

  test("cut off or changed anywhere is read or refused, never anything else", () => {
    const bytes = concat(good, mindsporeValue("v", [2], "Float32", eight));
    for (let length = 1; length < bytes.length; length++) {
      if (length === good.length) continue;
      assertThrows(() => decodeMindsporeCheckpoint(bytes.subarray(0, length)), CheckpointError);
    }
    const decode = onlyCheckpointErrors(decodeMindsporeCheckpoint);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), decode));
    const property = fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (changes) => {
      const changed = bytes.slice();
      for (const [at, value] of changes) changed[at % changed.length] = value;
      decode(changed);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
