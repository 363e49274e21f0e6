/**
 * LeNet-5 as an ONNX model, for the peers that read one.
 *
 * Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import type { ParameterValues } from "../../../mod.ts";
import { delimited, integer, join } from "./protobuf.ts";

/** Element type float32. */
const FLOAT = 1;
/** Attribute types. */
const INT = 2, INTS = 7;
/** Versions of the file format and of the operators: old enough for every runtime of today. */
const FORMAT_VERSION = 8, OPERATORS_VERSION = 13;

type Message = Uint8Array<ArrayBuffer>;

function attribute(name: string, value: number | readonly number[]): Message {
  const many = typeof value !== "number";
  const values = many ? value.map((item) => integer(8, item)) : [integer(3, value)];
  return delimited(5, [
    delimited(1, name),
    ...values,
    integer(20, many ? INTS : INT),
  ]);
}

type Attributes = Readonly<Record<string, number | readonly number[]>>;

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes = {},
): Message {
  const fields = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return delimited(1, [
    ...inputs.map((name) => delimited(1, name)),
    delimited(2, output),
    delimited(4, operator),
    ...fields,
  ]);
}

function tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): Message {
  const raw = new Uint8Array(
    values.buffer,
    values.byteOffset,
    values.byteLength,
  );
  const fields = [
    ...shape.map((size) => integer(1, size)),
    integer(2, FLOAT),
    delimited(8, name),
    delimited(9, raw),
  ];
  return delimited(5, fields);
}

function value(field: number, name: string, shape: readonly number[]): Message {
  const dimensions = delimited(
    2,
    shape.map((size) => delimited(1, integer(1, size))),
  );
  return delimited(field, [
    delimited(1, name),
    delimited(2, delimited(1, [integer(1, FLOAT), dimensions])),
  ]);
}

/** The model's file: input "images" `[batch][1][32][32]`, output "logits" `[batch][10]`. */
export function lenet5Onnx(
  parameters: ParameterValues,
  batch: number,
): Message {
  const shapes: Readonly<Record<string, readonly number[]>> = {
    "conv1.weight": [6, 1, 5, 5],
    "conv2.weight": [16, 6, 5, 5],
    "fc1.weight": [120, 400],
    "fc1.bias": [120],
    "fc2.weight": [84, 120],
    "fc2.bias": [84],
    "fc3.weight": [10, 84],
    "fc3.bias": [10],
  };
  const window = { kernel_shape: [2, 2], strides: [2, 2] };
  const gemm = (layer: string, from: string, to: string) =>
    node("Gemm", [from, `${layer}.weight`, `${layer}.bias`], to, { transB: 1 });
  const graph = [
    node("Conv", ["images", "conv1.weight"], "c1", { kernel_shape: [5, 5] }),
    node("Relu", ["c1"], "r1"),
    node("MaxPool", ["r1"], "p1", window),
    node("Conv", ["p1", "conv2.weight"], "c2", { kernel_shape: [5, 5] }),
    node("Relu", ["c2"], "r2"),
    node("MaxPool", ["r2"], "p2", window),
    node("Flatten", ["p2"], "f", { axis: 1 }),
    gemm("fc1", "f", "d1"),
    node("Relu", ["d1"], "r3"),
    gemm("fc2", "r3", "d2"),
    node("Relu", ["d2"], "r4"),
    gemm("fc3", "r4", "logits"),
    delimited(2, "lenet5"),
    ...Object.entries(shapes).map(([name, shape]) => tensor(name, shape, parameters[name]!)),
    value(11, "images", [batch, 1, 32, 32]),
    value(12, "logits", [batch, 10]),
  ];
  const operators = delimited(8, [
    delimited(1, ""),
    integer(2, OPERATORS_VERSION),
  ]);
  return join([integer(1, FORMAT_VERSION), delimited(7, graph), operators]);
}
