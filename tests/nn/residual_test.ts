/** Residual connections as parts of a network: names, shapes, slices, and what does not fit. */
import { describe, test } from "node:test";
import {
  conv2d,
  dense,
  flatten,
  maxPool2d,
  type NetworkPart,
  relu,
  residual,
  sequential,
  sigmoid,
  sliceNetwork,
} from "../../mod.ts";
import { assertEquals, assertThrows } from "#std/assert";

const same = (channels: number) => conv2d({ channels, kernel: 3, padding: 1 });
const NESTED = sequential([1, 6, 5], [
  same(4),
  relu(),
  residual([same(3), relu(), residual([relu(), same(3)]), same(4)]),
  relu(),
  flatten(),
  residual([dense({ outputs: 120 })], { name: "last" }),
]);

describe("a residual", () => {
  test("becomes its layers one after the other and the sum behind them, numbered like all others", () => {
    assertEquals(
      NESTED.layers.map(({ name, layer }) => layer.kind === "add" ? `${name} from ${layer.from}` : name),
      [
        ...["conv1", "relu1", "conv2", "relu2", "relu3", "conv3", "add1 from relu3"],
        ...["conv4", "add2 from conv2", "relu4", "flatten", "fc1", "last from fc1"],
      ],
    );
    assertEquals(NESTED.layers.find(({ name }) => name === "add1")!.outputShape, [3, 6, 5]);
    assertEquals([NESTED.outputShape, NESTED.layers.at(-1)!.inputShape], [[120], [120]]);
    assertEquals(NESTED.parameters.map(({ name }) => name.split(".")[0]), [
      ...["conv1", "conv1", "conv2", "conv2", "conv3", "conv3", "conv4", "conv4", "fc1", "fc1"],
    ]);
  });

  test("is refused where its branch does not give what it takes, naming both shapes", () => {
    const cases: [NetworkPart[], string][] = [
      [[residual([same(2)])], "add1: the branch from conv1 on takes [3,8,8], but gives [2,8,8]"],
      [
        [residual([conv2d({ channels: 3, kernel: 3 })])],
        "add1: the branch from conv1 on takes [3,8,8], but gives [3,6,6]",
      ],
      [[residual([maxPool2d()], { name: "sum" })], "sum: the branch from pool1 on takes [3,8,8], but gives [3,4,4]"],
      [[residual([flatten()])], "add1: the branch from flatten on takes [3,8,8], but gives [192]"],
      [[flatten(), residual([dense({ outputs: 5 })])], "add1: the branch from fc1 on takes [192], but gives [5]"],
      [[residual([residual([same(3)]), same(1)])], "add2: the branch from conv1 on takes [3,8,8], but gives [1,8,8]"],
      [[same(3), residual([relu()], { name: "conv1" })], "two layers are named conv1"],
      [[residual([relu()]), same(3), residual([relu()], { name: "add1" })], "two layers are named add1"],
      [[{ kind: "add", from: "conv1" }, same(3)], "add1 adds the input of conv1, but no layer before it has that name"],
    ];
    for (const [layers, message] of cases) assertThrows(() => sequential([3, 8, 8], layers), RangeError, message);
    assertThrows(() => residual([]), RangeError, "residual: layers is empty");
    assertThrows(() => residual([relu()], { name: "a b" }), RangeError, "a word without spaces");
  });

  test("comes again from the layers of its network", () => {
    const again = sequential([1, 6, 5], NESTED.layers.map(({ name, layer }) => ({ ...layer, name })));
    assertEquals(again.layers.map(({ layer: _, ...rest }) => rest), NESTED.layers.map(({ layer: _, ...rest }) => rest));
    assertEquals(again.parameters, NESTED.parameters);
  });

  test("is cut by a slice inside its branch, and whole in one up to its sum", () => {
    const inside = sliceNetwork(NESTED, "conv4"), whole = sliceNetwork(NESTED, "add2");
    assertEquals(inside.layers.map(({ name }) => name).filter((name) => name.startsWith("add")), ["add1"]);
    assertEquals([inside.outputShape, inside.parameters.length], [[4, 6, 5], 8]);
    assertEquals(whole.layers.length, inside.layers.length + 1);
    assertEquals([whole.outputShape, whole.parameters], [[4, 6, 5], inside.parameters]);
  });

  test("may take the network's input, end the network, and hold nothing that has weights", () => {
    const network = sequential([2, 3, 3], [residual([sigmoid()]), residual([residual([relu()])])]);
    assertEquals(network.layers.map(({ name }) => name), ["sigmoid1", "add1", "relu1", "add2", "add3"]);
    assertEquals([network.outputShape, network.parameters.length], [[2, 3, 3], 0]);
  });
});
