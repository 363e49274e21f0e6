/**
 * Byte arrays of another realm, as test runners built on node:vm and the frames of a page hand them in: they are taken
 * like one's own.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { gzipSync } from "fflate";
import { describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import {
  Dataset,
  decodeCheckpoint,
  decodeMindsporeCheckpoint,
  decodeSafetensors,
  dense,
  drawnDigits,
  encodeCheckpoint,
  encodeIdx,
  encodeSafetensors,
  flatten,
  LearnedDecoder,
  mnistFromBytes,
  Model,
  openEngine,
  parseIdx,
  sequential,
  sgd,
} from "../../mod.ts";
import { wasmBytes } from "../../src/engine/cpu/wasm/bytes.ts";
import { noNode } from "../support/here.ts";

type Constructors = Pick<typeof globalThis, "Uint8Array" | "Float32Array" | "Int16Array" | "Uint8ClampedArray">;

const evaluate = noNode ? () => undefined : (source: string) => runInContext(source, realm);
const realm = noNode ? {} : createContext({});
const there = evaluate("({ Uint8Array, Float32Array, Int16Array, Uint8ClampedArray })") as Constructors;

/** The same bytes in an array of the other realm, which does not begin where its buffer does. */
function foreign(bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const array = new there.Uint8Array(bytes.length + 3).subarray(3);
  array.set(bytes);
  assert(!(array instanceof Uint8Array), "the realm is the same");
  return array;
}

const pixels = encodeIdx({ type: "uint8", shape: [2, 2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
const classes = encodeIdx({ type: "uint8", shape: [2], data: Uint8Array.of(3, 9) });

describe("arrays of another realm", { skip: noNode }, () => {
  test("are read as IDX, plain and gzipped", async () => {
    assertEquals(parseIdx(foreign(pixels)), parseIdx(pixels));
    const expected = await mnistFromBytes(pixels, classes);
    assertEquals(await mnistFromBytes(foreign(pixels), foreign(classes)), expected);
    assertEquals(await mnistFromBytes(foreign(gzipSync(pixels)), foreign(gzipSync(classes))), expected);
  });

  test("are written as IDX, if they are of the type", () => {
    const data = new there.Int16Array([-1, 300]), own = Int16Array.of(-1, 300);
    assertEquals(
      encodeIdx({ type: "int16", shape: [2], data }),
      encodeIdx({ type: "int16", shape: [2], data: own }),
    );
    const wrong = new there.Uint8ClampedArray(2) as unknown as Uint8Array<ArrayBuffer>;
    assertThrows(() => encodeIdx({ type: "uint8", shape: [2], data: wrong }), TypeError, "must be a Uint8Array");
  });

  test("hold checkpoints of every format, and tensors of them", () => {
    const own = encodeSafetensors([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
    const data = new there.Float32Array([1, 2]);
    assertEquals(encodeSafetensors([["w", { dtype: "F32", shape: [2], data }]]), own);
    assertEquals(decodeSafetensors(foreign(own)), decodeSafetensors(own));
    const parameters = { w: { shape: [2], data: new there.Float32Array([1, 0]) } }, masks = { w: foreign([1, 0]) };
    const bytes = encodeCheckpoint({ step: 3, masks, parameters, settings: evaluate("({ lr: [0.5] })") });
    assertEquals(decodeCheckpoint(foreign(bytes)), decodeCheckpoint(bytes));
    // One value, "w", of shape [1], type Float32: 1.
    const tensor = [0x08, 1, 0x12, 7, ...new TextEncoder().encode("Float32"), 0x1a, 4, 0, 0, 0x80, 0x3f];
    const mindspore = foreign([0x0a, 5 + tensor.length, 0x0a, 1, 0x77, 0x12, tensor.length, ...tensor]);
    assertEquals([...decodeMindsporeCheckpoint(mindspore).get("w")!.data], [1]);
  });

  test("are trained on to the same weights", async () => {
    const digits = drawnDigits(64),
      copy = { ...digits, images: foreign(digits.images), labels: foreign(digits.labels) };
    const trained = async (source: typeof digits) => {
      const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]),
        engine = await openEngine({ threads: 1 });
      const model = new Model({ engine, network, optimizer: sgd({ lr: 0.1 }) });
      await model.train(2, new Dataset(source), { batchSize: 32 });
      return await model.parameters();
    };
    assertEquals(await trained(copy), await trained(digits));
  });

  test("are images in bytes to a decoder, not numbers up to 255", async () => {
    const images = Uint8Array.from({ length: 32 * 4 }, (_, i) => i % 256),
      features = Float32Array.from(images, (byte) => byte / 255);
    const engine = await openEngine({ engine: "wasm", threads: 1 });
    const learn = async (images: Uint8Array) => {
      const options = { engine, features, images, shape: [1, 2, 2] as const, hidden: [8], epochs: 2 };
      return await (await LearnedDecoder.train(options)).generate(features);
    };
    assertEquals(await learn(foreign(images)), await learn(images));
  });

  test("are no excuse for what is no array of bytes", async () => {
    for (const wrong of [new there.Float32Array(4), [0, 0, 8, 0], { length: 4, [Symbol.toStringTag]: "Uint8Array" }]) {
      assertThrows(() => parseIdx(wrong as Uint8Array), TypeError, "bytes must be a Uint8Array");
      await assertRejects(() => mnistFromBytes(wrong as Uint8Array, classes), TypeError, "bytes must be a Uint8Array");
    }
  });
});

describe("a module of another realm", { skip: noNode }, () => {
  test("computes as one's own", async () => {
    const compile = evaluate("(bytes) => new WebAssembly.Module(bytes)") as (bytes: Uint8Array) => WebAssembly.Module;
    const network = sequential([1, 2, 2], [flatten(), dense({ outputs: 3 })], { seed: 5 });
    const outputs = async (module: WebAssembly.Module) => {
      const engine = await openEngine({ module, build: "simd128" });
      const program = engine.program(network, { batchSize: 1 });
      program.setInput(Float32Array.of(1, 2, 3, 4));
      program.forward();
      return await program.output();
    };
    const bytes = wasmBytes("simd128"), module = compile(bytes);
    assert(!(module instanceof WebAssembly.Module), "the realm is the same");
    assertEquals(await outputs(module), await outputs(new WebAssembly.Module(bytes)));
  });
});
