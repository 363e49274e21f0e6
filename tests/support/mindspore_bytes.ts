/** The bytes of MindSpore's checkpoints, built by hand. */
import { concatenated } from "./bytes.ts";

/** A length-delimited protocol buffer field. */
export function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return concatenated(Uint8Array.of(number * 8 + 2), varint(bytes.length), bytes);
}

/** An unsigned integer in groups of 7 bits. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Uint8Array.from([...bytes, value]);
}

/** A named tensor. */
export function mindsporeValue(name: string, dims: readonly number[], type: string, content: Uint8Array): Uint8Array {
  const shape = dims.map((dim) => concatenated(Uint8Array.of(8), varint(dim)));
  return field(1, concatenated(field(1, name), field(2, concatenated(...shape, field(2, type), field(3, content)))));
}

/** Its elements as they lie in memory, little-endian on every machine that runs the tests. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A named tensor of float32. */
export function floats(name: string, dims: readonly number[], values: ArrayLike<number>): Uint8Array {
  return mindsporeValue(name, dims, "Float32", bytesOf(Float32Array.from(values)));
}

/** A text as `append_dict` leaves it. */
export function appendedText(name: string, text: string): Uint8Array {
  const codes = Uint32Array.from(text, (character) => character.codePointAt(0)!);
  return mindsporeValue(name, [0], "str", bytesOf(codes));
}

/** The CRC-32 of zlib, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The message with the trailer of `crc_check=True` behind it. */
export function withChecksum(message: Uint8Array): Uint8Array {
  const number = new Uint8Array(10);
  new DataView(number.buffer).setUint32(6, crc32(message));
  return concatenated(message, new TextEncoder().encode("crc_num"), number);
}
