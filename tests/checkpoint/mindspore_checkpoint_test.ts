/** MindSpore's checkpoints, as MindSpore wrote one and as they are built here by hand. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { decodeMindsporeCheckpoint, floatParameters } from "../../src/checkpoint/mindspore.ts";
import { concatenated } from "../support/bytes.ts";
import { changed, onlyCheckpointErrors } from "../support/damaged_checkpoints.ts";
import { field, mindsporeValue } from "../support/mindspore_bytes.ts";
import { mindsporeCheckpoint, missing } from "../support/shared_data.ts";

describe("a MindSpore checkpoint", () => {
  test("of LeNet-5, as MindSpore wrote it, holds its eight parameters", {
    skip: missing(mindsporeCheckpoint),
  }, () => {
    const tensors = decodeMindsporeCheckpoint(readFileSync(mindsporeCheckpoint), mindsporeCheckpoint);
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
  const eight = concatenated(four, Uint8Array.of(0, 0, 0, 192));

  test("gives scalars, empty tensors and slices of large ones their true shape", () => {
    const bytes = concatenated(
      mindsporeValue("scalar", [0], "Float32", four),
      mindsporeValue("bare", [], "Int32", four),
      mindsporeValue("none", [0, 3], "Float32", new Uint8Array(0)),
      mindsporeValue("sliced", [2, 1], "Float32", four),
      mindsporeValue("sliced", [2, 1], "Float32", eight.slice(4)),
      field(
        1,
        concatenated(
          field(1, "packed"),
          field(2, concatenated(field(1, Uint8Array.of(2, 1)), field(2, "Bool"), field(3, "ab"))),
        ),
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
    ["a name twice", concatenated(good, mindsporeValue("v", [1], "Float32", four), good), "a second time"],
    ["a field of another number", field(2, "x"), "is it a MindSpore checkpoint"],
    ["a map parameter", field(1, concatenated(field(1, "w"), field(3, "x"))), "map parameters"],
    ["no tensor", field(1, field(1, "w")), "without name or tensor"],
    ["no content", field(1, concatenated(field(1, "w"), field(2, field(2, "Float32")))), "without type or content"],
    ["a name given twice", field(1, concatenated(field(1, "w"), field(1, "w"))), "a field a second time"],
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
    const bytes = concatenated(good, mindsporeValue("v", [2], "Float32", eight));
    for (let length = 1; length < bytes.length; length++) {
      if (length === good.length) continue;
      assertThrows(() => decodeMindsporeCheckpoint(bytes.subarray(0, length)), CheckpointError);
    }
    const decode = onlyCheckpointErrors(decodeMindsporeCheckpoint);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), decode));
    const property = fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (changes) => {
      decode(changed(bytes, changes));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
