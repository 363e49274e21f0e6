import { assert, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import {
  type Checkpoint,
  CheckpointError,
  decodeCheckpoint,
  decodeSafetensors,
  encodeCheckpoint,
  encodeSafetensors,
  type Tensor,
} from "../../mod.ts";
import { changed, onlyCheckpointErrors } from "../support/damaged_checkpoints.ts";

const encode = (checkpoint: Checkpoint) => encodeCheckpoint(checkpoint, { storage: "living" });

/** A checkpoint whose masks keep a weight where `keep` says so; the others are 0. */
function checkpointOf(shapes: Readonly<Record<string, readonly number[]>>, keep: (i: number) => boolean): Checkpoint {
  const parameters: Checkpoint["parameters"] = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      return [name, { shape, data: Float32Array.from({ length: count }, (_, i) => keep(i) ? i - 3.5 : 0) }];
    }),
  );
  const masks = Object.fromEntries(
    Object.entries(parameters).map(([name, { data }]) => [name, Uint8Array.from(data, (_, i) => Number(keep(i)))]),
  );
  return { parameters, masks, step: 9, settings: { lr: 0.05 } };
}

describe("a checkpoint of living weights", () => {
  test("is read as it was written, whatever the shapes and masks", () => {
    const shapes = fc.dictionary(
      fc.string({ unit: "binary" }).filter((name) => name.isWellFormed() && name !== "__metadata__"),
      fc.array(fc.nat(5), { maxLength: 4 }),
      { maxKeys: 4 },
    );
    fc.assert(fc.property(shapes, fc.infiniteStream(fc.boolean()), (shapes, stream) => {
      const kept = Array.from({ length: 5 ** 4 }, () => stream.next().value);
      const checkpoint = checkpointOf(shapes, (i) => kept[i]!), again = decodeCheckpoint(encode(checkpoint));
      assertEquals(Object.entries(again.parameters).sort(), Object.entries(checkpoint.parameters).sort());
      assertEquals(Object.entries(again.masks).sort(), Object.entries(checkpoint.masks).sort());
      assertEquals([again.step, again.settings], [9, { lr: 0.05 }]);
    }));
  });

  test("keeps NaN and negative zero among the living, and parameters without a mask as they are", () => {
    const weight = { shape: [5], data: Float32Array.of(NaN, 0, -0, 1, 0) },
      bias = { shape: [], data: Float32Array.of(2) };
    const checkpoint = {
      parameters: { weight, bias },
      masks: { weight: Uint8Array.of(1, 0, 1, 1, 1) },
      step: 0,
      settings: {},
    };
    assertEquals(decodeCheckpoint(encode(checkpoint)).parameters.weight, weight);
    assertEquals(decodeCheckpoint(encode(checkpoint)).parameters.bias, bias);
  });

  test("holds the living values in order and a bit for each weight, and nothing of the suppressed ones", () => {
    const { tensors, metadata } = decodeSafetensors(encode(checkpointOf({ w: [2, 5] }, (i) => i === 1 || i === 9)));
    assertEquals([...tensors], [
      ["living.w", { dtype: "F32", shape: [2], data: Float32Array.of(-2.5, 5.5) }],
      ["mask.w", { dtype: "U8", shape: [2], data: Uint8Array.of(2, 2) }],
    ]);
    assertEquals([metadata["tacet.version"], metadata["tacet.living"]], ["2", '{"w":[2,5]}']);
  });

  test("takes less than a tenth of the bytes at 95 % sparsity", () => {
    const checkpoint = checkpointOf({ "fc1.weight": [120, 400] }, (i) => i % 20 === 0);
    const [living, dense] = [encode(checkpoint).length, encodeCheckpoint(checkpoint).length];
    assert(living < dense / 10, `${living} of ${dense} bytes`);
  });

  test("without any mask is what every reader knows", () => {
    const checkpoint = { ...checkpointOf({ w: [3] }, () => true), masks: {} };
    assertEquals(encode(checkpoint), encodeCheckpoint(checkpoint));
  });

  test("is refused at writing if a suppressed weight is not 0, a name collides or there is no such storage", () => {
    const checkpoint = checkpointOf({ w: [2] }, () => true);
    assertThrows(
      () => encode({ ...checkpoint, masks: { w: Uint8Array.of(0, 1) } }),
      RangeError,
      'parameter "w" is -3.5 at 0, where its mask is 0',
    );
    const parameters = { ...checkpoint.parameters, "living.w": checkpoint.parameters.w! };
    assertThrows(() => encode({ ...checkpoint, parameters }), RangeError, 'parameter "living.w" has the name');
    assertThrows(
      () => encodeCheckpoint(checkpoint, { storage: "sparse" as "living" }),
      RangeError,
      'storage is "sparse"',
    );
  });

  const values = (...data: number[]): Tensor => ({ dtype: "F32", shape: [data.length], data: Float32Array.from(data) });
  const bits = (...data: number[]): Tensor => ({ dtype: "U8", shape: [data.length], data: Uint8Array.from(data) });
  const cases: [string, [string, Tensor][], string, string][] = [
    ["no bits", [["living.w", values(1)]], '{"w":[2]}', 'no living weights of "w"'],
    ["no values", [["mask.w", bits(1)]], '{"w":[2]}', 'no living weights of "w"'],
    ["too few values", [["living.w", values(1)], ["mask.w", bits(3)]], '{"w":[2]}', "1 living weights; expected 2"],
    ["too many values", [["living.w", values(1, 2)], ["mask.w", bits(1)]], '{"w":[2]}', "2 living weights; expected 1"],
    ["too many bits", [["living.w", values(1)], ["mask.w", bits(1, 0)]], '{"w":[2]}', "2 bytes of bits; expected 1"],
    ["a spare bit", [["living.w", values(1)], ["mask.w", bits(4)]], '{"w":[2]}', "a bit for weight 2"],
    ["a shape beyond memory", [["living.w", values()], ["mask.w", bits()]], '{"w":[9e9]}', "at most 268435456"],
    ["a shape of words", [["living.w", values(1)], ["mask.w", bits(1)]], '{"w":["2"]}', "shape [2]; expected at most"],
    ["a shape that is none", [["living.w", values(1)], ["mask.w", bits(1)]], '{"w":2}', 'no shape of "w"'],
    ["shapes that are none", [["w", values(1)]], "[]", "shapes"],
    ["a parameter twice", [["w", values(1)], ["living.w", values(1)], ["mask.w", bits(1)]], '{"w":[1]}', "twice"],
  ];
  for (const [what, tensors, shapes, message] of cases) {
    test(`with ${what} is refused at reading`, () => {
      const metadata = { "tacet.version": "2", "tacet.step": "7", "tacet.settings": "{}", "tacet.living": shapes };
      assertThrows(() => decodeCheckpoint(encodeSafetensors(tensors, metadata)), CheckpointError, message);
    });
  }

  test("cut off or changed anywhere is read or refused, never anything else", () => {
    const decode = onlyCheckpointErrors(decodeCheckpoint);
    const whole = encode(checkpointOf({ w: [3, 7], v: [2] }, (i) => i % 3 === 0));
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
      decode(cut ? whole.slice(0, at) : changed(whole, [[at, value]]));
    }));
  });
});
