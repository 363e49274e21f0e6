/**
 * Checkpoints of other tools: their floats of every width, what they keep beside the parameters, MindSpore's checksum
 * and texts.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { crc32 as tableCrc32 } from "../../src/checks/crc32.ts";
import {
  CheckpointError,
  ChecksumError,
  decodeCheckpoint,
  decodeMindsporeCheckpoint,
  dense,
  encodeCheckpoint,
  encodeSafetensors,
  flatten,
  floatParameters,
  Model,
  openEngine,
  sequential,
  sgd,
  type Tensor,
} from "../../mod.ts";
import { concatenated } from "../support/bytes.ts";
import { changed, onlyCheckpointErrors } from "../support/damaged_checkpoints.ts";
import { appendedText, bytesOf, crc32, floats, mindsporeValue, withChecksum } from "../support/mindspore_bytes.ts";

const halves = (...bits: number[]): Tensor => ({ dtype: "F16", shape: [bits.length], data: Uint16Array.from(bits) });
const brains = (...bits: number[]): Tensor => ({ dtype: "BF16", shape: [bits.length], data: Uint16Array.from(bits) });
const doubles = (...data: number[]): Tensor => ({ dtype: "F64", shape: [data.length], data: Float64Array.from(data) });

/** MindSpore's names of the types. */
const MINDSPORE = { F16: "Float16", BF16: "BFloat16", F64: "Float64" } as const;

/** Both kinds of file with one tensor "w", and `floatParameters` of it. */
function readers(tensor: Tensor): [string, (options?: { round?: boolean }) => Float32Array][] {
  const safetensors = encodeSafetensors([["w", tensor]]);
  const type = MINDSPORE[tensor.dtype as keyof typeof MINDSPORE];
  const mindspore = mindsporeValue("w", tensor.shape, type, bytesOf(tensor.data));
  return [
    ["a.safetensors", (options) => decodeCheckpoint(safetensors, "a.safetensors", options).parameters.w!.data],
    ["a.ckpt", (options) => decodeCheckpoint(mindspore, "a.ckpt", options).parameters.w!.data],
    ["floats", (options) => floatParameters(new Map([["w", tensor]]), options, "floats").w!.data],
  ];
}

describe("floats of another tool", () => {
  const exact: [string, Tensor, number[]][] = [
    [
      "F16",
      halves(0x3c00, 0xc000, 0x0000, 0x8000, 0x7bff, 0x0001, 0x83ff, 0x0400, 0x3555, 0x7c00, 0xfc00, 0x7e00),
      [1, -2, 0, -0, 65504, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 0.333251953125, Infinity, -Infinity, NaN],
    ],
    [
      "BF16",
      brains(0x3f80, 0xc000, 0x8000, 0x7f7f, 0x0001, 0x3eab, 0xff80, 0x7fc0),
      [1, -2, -0, 3.3895313892515355e38, 2 ** -133, 0.333984375, -Infinity, NaN],
    ],
    ["F64", doubles(0.5, -0, 2 ** -149, 2 ** 127, NaN, -Infinity), [0.5, -0, 2 ** -149, 2 ** 127, NaN, -Infinity]],
  ];
  for (const [dtype, tensor, values] of exact) {
    test(`of ${dtype} become the same numbers, from every kind of file`, () => {
      for (const [what, read] of readers(tensor)) assertEquals(read(), Float32Array.from(values), what);
    });
  }

  test("of F16 are all exact, as IEEE 754 says", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const read = floatParameters(new Map([["w", { dtype: "F16", shape: [65536], data: bits }]])).w!.data;
    bits.forEach((half) => {
      const exponent = half >> 10 & 31, fraction = half & 1023, sign = half & 0x8000 ? -1 : 1;
      let value = sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
      if (exponent === 31) value = fraction === 0 ? sign * Infinity : NaN;
      assert(Object.is(read[half], value), `${half.toString(16)} is ${read[half]}, not ${value}`);
    });
  });

  test("of F64 that are no float32 are refused by name, and rounded on request", () => {
    for (const [what, read] of readers(doubles(0.5, 0.1))) {
      const error = assertThrows(() => read(), CheckpointError, 'tensor "w" of type F64, whose 0.1 at 1 is no float32');
      assertStringIncludes(error.message, "{ round: true }");
      assert(error.message.startsWith(`${what}: `), error.message);
      assertEquals(read({ round: true }), Float32Array.of(0.5, 0.1));
    }
    for (const [, read] of readers(doubles(1e300))) {
      assertThrows(() => read({ round: true }), CheckpointError, "1e+300 at 0; expected float32's range");
    }
  });
});

const F32 = (shape: number[], ...data: number[]): Tensor => ({ dtype: "F32", shape, data: Float32Array.from(data) });

describe("what a file holds beside the parameters", () => {
  const parameters: [string, Tensor][] = [["fc1.weight", F32([1, 2], 1, 2)], ["fc1.bias", F32([1], 3)]];
  const beside: [string, Tensor][] = [
    ["moments.fc1.weight", F32([1, 2], 4, 5)],
    ["moment1.fc1.bias", F32([1], 4)],
    ["moment2.fc1.bias", F32([1], 4)],
    ["accum.fc1.bias", F32([1], 4)],
    ["stat.fc1.bias", F32([1], 4)],
    ["learning_rate", doubles(0.1)],
    ["momentum", F32([1], 0.9)],
    ["beta1_power", F32([1], 0.9)],
    ["optimizer.state.0.exp_avg", F32([1], 4)],
    ["global_step", { dtype: "I64", shape: [1], data: BigInt64Array.of(3n) }],
    ["bn1.num_batches_tracked", { dtype: "I64", shape: [], data: BigInt64Array.of(3n) }],
    ["indices", { dtype: "I32", shape: [2], data: Int32Array.of(3, 4) }],
    ["flags", { dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) }],
    ["scale", F32([], 2)],
  ];

  test("is kept apart, nothing of it lost, and the network's parameters load", async () => {
    const read = decodeCheckpoint(encodeSafetensors([...beside, ...parameters]));
    assertEquals(Object.keys(read.parameters).sort(), ["fc1.bias", "fc1.weight"]);
    assertEquals(new Map(Object.entries(read.other!)), new Map(beside));
    const network = sequential([1, 1, 2], [flatten(), dense({ outputs: 1 })]);
    const model = new Model({ engine: await openEngine(), network, optimizer: sgd({ lr: 1 }) });
    const { other } = await model.restore(read);
    assertEquals([...other].sort(), beside.map(([name]) => name).sort());
    assertEquals(await model.parameters(), { "fc1.weight": Float32Array.of(1, 2), "fc1.bias": Float32Array.of(3) });
  });

  test("is written and read again, texts too, in both storages", () => {
    const read = decodeCheckpoint(encodeSafetensors([...beside, ...parameters]));
    const whole = { ...read, masks: { "fc1.bias": Uint8Array.of(1) }, other: { ...read.other, note: "a \u{1f512}" } };
    for (const storage of ["dense", "living"] as const) {
      const again = decodeCheckpoint(encodeCheckpoint(whole, { storage }));
      assertEquals(new Map(Object.entries(again.other!)), new Map(Object.entries(whole.other)));
      assertEquals([again.parameters["fc1.bias"], again.masks], [whole.parameters["fc1.bias"], whole.masks]);
    }
  });

  test("is not invented: a damaged list of it is refused", () => {
    const bytes = encodeCheckpoint({
      ...decodeCheckpoint(encodeSafetensors(parameters)),
      other: { a: F32([], 1), b: "x" },
    });
    const decode = onlyCheckpointErrors(decodeCheckpoint);
    const header = new DataView(bytes.buffer).getUint32(0, true);
    for (let at = 8; at < 8 + header; at++) {
      for (const byte of [0x20, 0x22, 0x5d, 0x61]) decode(changed(bytes, [[at, byte]]));
    }
  });

  test("is told from weights: batch normalisation's, and a layer with a name of state's, are parameters", () => {
    const weights: [string, Tensor][] = [
      ["bn1.running_mean", F32([1], 1)],
      ["linear.weight", F32([1], 1)],
      ["velocity.bias", F32([1], 1)],
    ];
    const { parameters, other } = decodeCheckpoint(encodeSafetensors(weights));
    assertEquals([Object.keys(parameters).sort(), other], [weights.map(([name]) => name).sort(), undefined]);
  });

  test("is no mask whose metadata are lost: that is refused", () => {
    const mask: [string, Tensor] = ["mask.fc1.bias", { dtype: "U8", shape: [1], data: Uint8Array.of(0) }];
    assertThrows(
      () => decodeCheckpoint(encodeSafetensors([...parameters, mask])),
      CheckpointError,
      "seems to be a mask",
    );
  });
});

describe("a checkpoint of MindSpore", () => {
  const message = concatenated(
    floats("networks.fc1.weight", [1, 2], [1, 2]),
    floats("networks.fc1.bias", [1], [3]),
    mindsporeValue("epoch", [], "Int64", bytesOf(BigInt64Array.of(3n))),
    mindsporeValue("lr", [], "Float32", bytesOf(Float32Array.of(0.5))),
    appendedText("note", "a \u{1f512}\0"),
    appendedText("empty", "\0"),
  );

  test("is told by its bytes, and gives the numbers and texts of append_dict apart", () => {
    const { parameters, masks, step, settings, other } = decodeCheckpoint(message, "a.ckpt");
    assertEquals(parameters, {
      "networks.fc1.weight": { shape: [1, 2], data: Float32Array.of(1, 2) },
      "networks.fc1.bias": { shape: [1], data: Float32Array.of(3) },
    });
    assertEquals([masks, step, settings], [{}, 0, {}]);
    assertEquals(other, {
      epoch: { dtype: "I64", shape: [], data: BigInt64Array.of(3n) },
      lr: { dtype: "F32", shape: [], data: Float32Array.of(0.5) },
      note: "a \u{1f512}",
      empty: "",
    });
    assertEquals([...decodeMindsporeCheckpoint(message).keys()].length, 4);
  });

  test("with a text that is none is refused", () => {
    for (const wrong of [Uint8Array.of(97, 0, 0), bytesOf(Uint32Array.of(0x110000)), bytesOf(Uint32Array.of(0xd800))]) {
      const bytes = mindsporeValue("note", [0], "str", wrong);
      assertThrows(() => decodeCheckpoint(bytes, "a.ckpt"), CheckpointError, 'text "note"');
    }
  });

  test("with its checksum is read, and every damage to it is found", () => {
    assertEquals(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
    assertEquals(tableCrc32(0, message), crc32(message));
    const bytes = withChecksum(message);
    assertEquals(decodeCheckpoint(bytes), decodeCheckpoint(message));
    assertEquals(decodeMindsporeCheckpoint(bytes), decodeMindsporeCheckpoint(message));
    for (let at = 0; at < bytes.length; at++) {
      const isMagic = at >= message.length && at < message.length + 7;
      const damaged = changed(bytes, [[at, bytes[at]! ^ 1]]), type = isMagic ? CheckpointError : ChecksumError;
      for (const decode of [decodeCheckpoint, decodeMindsporeCheckpoint]) {
        const error = assertThrows(() => decode(damaged, "a.ckpt"), type, "a.ckpt: found ");
        assertEquals(error.name, isMagic ? "CheckpointError" : "ChecksumError");
      }
    }
    for (let left = 1; left < 17; left++) {
      const cut = bytes.subarray(0, message.length + left);
      assertThrows(() => decodeCheckpoint(cut), CheckpointError, `${left} bytes of a checksum`);
    }
    const error = assertThrows(() => decodeCheckpoint(concatenated(bytes, Uint8Array.of(0))), CheckpointError);
    assertStringIncludes(error.message, "something follows it");
  });

  test("loses the prefix of MindArmour's cell when it is restored", async () => {
    const network = sequential([1, 1, 2], [flatten(), dense({ outputs: 1 })]);
    const model = new Model({ engine: await openEngine(), network, optimizer: sgd({ lr: 1 }) });
    const fit = await model.restore(decodeCheckpoint(message));
    assertEquals(fit, { prefix: "networks.", missing: [], other: ["epoch", "lr", "note", "empty"] });
    assertEquals(await model.parameters(), { "fc1.weight": Float32Array.of(1, 2), "fc1.bias": Float32Array.of(3) });
    const other = new Model({
      engine: await openEngine(),
      network: sequential([1, 2, 1], [flatten(), dense({ outputs: 2 })]),
      optimizer: sgd({ lr: 1 }),
    });
    await assertRejects(() => other.restore(decodeCheckpoint(message)), RangeError, "fc1.weight has shape [1, 2]");
  });
});
