/**
 * Writes protocol buffer messages: the few wire types that an ONNX model takes.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

/** Bytes of a message or of a part of one. */
export type Bytes = readonly number[] | Uint8Array;

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

/** Parts joined. */
export function join(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A field that holds a non-negative integer. */
export function integer(field: number, value: number): Uint8Array<ArrayBuffer> {
  return join([varint(field * 8), varint(value)]);
}

/** A field that holds bytes, a string or a message made of parts. */
export function delimited(
  field: number,
  value: string | Bytes | readonly Bytes[],
): Uint8Array<ArrayBuffer> {
  const isParts = (list: Bytes | readonly Bytes[]): list is readonly Bytes[] => typeof list[0] === "object";
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : isParts(value) ? join(value) : value;
  return join([varint(field * 8 + 2), varint(bytes.length), bytes]);
}
