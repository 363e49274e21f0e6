/** Every reader says what a file is that it cannot read. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import {
  CheckpointError,
  DataFormatError,
  decodeCheckpoint,
  decodeMindsporeCheckpoint,
  decodeSafetensors,
  encodeCheckpoint,
  encodeIdx,
  mnistFromBytes,
  parseIdx,
} from "../../mod.ts";
import { fileKind } from "../../src/checks/file_kind.ts";
import { gunzip } from "../../src/data/gzip.ts";
import { concatenated } from "../support/bytes.ts";
import { floats } from "../support/mindspore_bytes.ts";
import { small } from "../support/small_checkpoint.ts";

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
/** A zip's first entry: its header of 30 bytes, the name, and content. */
const zip = (name: string) =>
  concatenated(
    latin1("PK\x03\x04"),
    new Uint8Array(22),
    Uint8Array.of(name.length, 0, 0, 0),
    latin1(name),
    new Uint8Array(200),
  );

/** Files that no reader here takes: bytes, what they are, what to do. */
const OTHERS: readonly [string, Uint8Array, string, string][] = [
  ["a PyTorch zip", zip("archive/data.pkl"), "a PyTorch file (a zip", "safetensors.torch.save_file"],
  [
    "an old PyTorch file",
    latin1("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M"),
    "a PyTorch file of the old",
    "save_file",
  ],
  ["a pickle", latin1("\x80\x04\x95\x10\0\0\0\0\0\0\0}"), "a Python pickle", "save_file"],
  ["NumPy's zip", zip("fc1.weight.npy"), "NumPy arrays (.npz)", "safetensors"],
  ["a Keras model", zip("model.weights.h5"), "a Keras model", "safetensors"],
  ["another zip", zip("readme.txt"), "a zip archive", "unpack"],
  ["an HTML page", latin1("\n<!DOCTYPE html>\n<html><body>Not found"), "an HTML page", "address"],
  ["an HTML page in capitals", latin1("<HTML><HEAD><TITLE>403"), "an HTML page", "address"],
  ["a storage server's error", latin1('<?xml version="1.0"?><Error><Code>AccessDenied'), "an XML document", "address"],
  [
    "a sharded index",
    latin1('{\n  "metadata": {"total_size": 1},\n  "weight_map": {"fc1.weight": "model-00001-of-00002.safetensors"}}'),
    "the index of a checkpoint in several files (shards)",
    "load each file that it names",
  ],
  [
    "a git-lfs pointer",
    latin1("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    "a git-lfs pointer",
    "git lfs pull",
  ],
  ["an ONNX model", latin1("\x08\x07\x12\x07pytorch"), "an ONNX", "safetensors"],
  ["an HDF5 file", latin1("\x89HDF\r\n\x1a\n\0"), "an HDF5 file", "safetensors"],
  ["a NumPy array", latin1("\x93NUMPY\x01\0v\0"), "a NumPy array", "safetensors"],
  ["a JSON text", latin1('{"message": "Not Found"}'), "a JSON text", "address"],
  ["a CSV text", latin1("label,1x1,1x2\n5,0,0\n"), 'a text, "label,1x1,1x2"', "address"],
  [
    "a tar archive",
    concatenated(latin1("train-images"), new Uint8Array(245), latin1("ustar")),
    "a tar archive",
    "unpack",
  ],
  ["xz data", latin1("\xfd7zXZ\0\0"), "xz data", "unpack"],
  ["a PNG image", latin1("\x89PNG\r\n\x1a\n"), "a PNG image", "address"],
];

const safetensors = encodeCheckpoint(small), mindspore = floats("w", [1], [1]);
const idx = encodeIdx({ type: "uint8", shape: [1, 2, 2], data: new Uint8Array(4) });
const gzip = latin1("\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0");

describe("a file of another kind", () => {
  for (const [name, bytes, what, advice] of OTHERS) {
    test(`is called what it is by every reader: ${name}`, async () => {
      const said: [string, Error][] = [];
      for (const decode of [decodeCheckpoint, decodeSafetensors, decodeMindsporeCheckpoint]) {
        said.push([decode.name, assertThrows(() => decode(bytes, "a.bin"), CheckpointError, "a.bin: found")]);
      }
      said.push(["parseIdx", assertThrows(() => parseIdx(bytes, "a.bin"), DataFormatError)]);
      said.push(["gunzip", await assertRejects(() => gunzip(bytes, { fileName: "a.bin" }), DataFormatError)]);
      said.push([
        "mnistFromBytes",
        await assertRejects(() => mnistFromBytes(bytes, idx, { imagesName: "a.bin" }), DataFormatError),
      ]);
      for (const [reader, { message }] of said) {
        assert(message.startsWith("a.bin: "), message);
        assertStringIncludes(message, what, reader);
        assertStringIncludes(message, advice, reader);
      }
    });
  }

  test("is named where it is one that another reader takes", async () => {
    const cases: [() => unknown, string][] = [
      [() => parseIdx(safetensors), "a safetensors file"],
      [() => parseIdx(mindspore), "a MindSpore checkpoint"],
      [() => parseIdx(gzip), "this is gzip data"],
      [() => decodeCheckpoint(idx), "an IDX file"],
      [() => decodeCheckpoint(gzip), "gzip data"],
      [() => decodeSafetensors(mindspore), "a MindSpore checkpoint"],
      [() => decodeMindsporeCheckpoint(safetensors), "a safetensors file"],
      [() => decodeCheckpoint(new Uint8Array(0)), "an empty file"],
      [() => decodeMindsporeCheckpoint(new Uint8Array(0)), "an empty file"],
    ];
    for (const [read, what] of cases) {
      const error = assertThrows(read);
      assert(error instanceof CheckpointError || error instanceof DataFormatError, String(error));
      assertStringIncludes(error.message, what);
    }
    await assertRejects(() => gunzip(idx), DataFormatError, "an IDX file");
  });

  test("is told from those that the readers take, whatever their first bytes", () => {
    // A header of 65544 bytes begins as IDX does, one of 10 as a message of MindSpore's.
    for (const length of [65536 * 8, 65536 * 9, 0x0a, 0x1f8b, 0x8b1f, 0x4b50, 0x0280, 0x0708]) {
      const bytes = new Uint8Array(8 + length).fill(0x20);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
      bytes.set(latin1("{}"), 8);
      assertEquals(fileKind(bytes)?.id, "safetensors", `${length}`);
      assertEquals(decodeSafetensors(bytes).tensors.size, 0);
    }
    for (const name of ["w", "networks.conv1.weight", "a".repeat(200)]) {
      for (const count of [1, 2, 100, 5000]) {
        assertEquals(fileKind(floats(name, [count], new Float32Array(count)))?.id, "mindspore", `${name} ${count}`);
      }
    }
    assertEquals([fileKind(idx)?.id, fileKind(gzip)?.id, fileKind(safetensors)?.id], ["idx", "gzip", "safetensors"]);
  });

  test("is any bytes: none makes the guess fail", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const kind = fileKind(bytes);
      assert(kind === undefined || kind.what.length < 120);
    }));
  });
});
