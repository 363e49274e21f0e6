/** Networks as values: names, shapes, what does not fit, and the first values of parameters. */
import { describe, test } from "node:test";
import {
  averagePool2d,
  conv2d,
  dense,
  type EngineOptions,
  flatten,
  he,
  type Initializer,
  type Layer,
  lenet5,
  maxPool2d,
  momentum,
  openEngine,
  relu,
  sequential,
  sgd,
  sizeOf,
  sliceNetwork,
  truncatedNormal,
  xavier,
  zeros,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "#std/assert";
import { ENGINES, WASM } from "../support/engines.ts";

describe("a sequential network", () => {
  test("numbers layers by kind and hands every shape to the next layer", () => {
    const network = sequential([3, 9, 11], [
      conv2d({ channels: 4, kernel: [3, 5], stride: [2, 1], padding: [1, 0] }),
      relu(),
      maxPool2d({ window: 3, stride: 2 }),
      conv2d({ channels: 2, kernel: 1 }),
      averagePool2d({ window: [1, 3] }),
      flatten(),
      dense({ outputs: 7 }),
      relu(),
      flatten(),
      dense({ outputs: 5 }),
    ]);
    assertEquals(network.layers.map(({ name, outputShape }) => [name, ...outputShape]), [
      ["conv1", 4, 5, 7],
      ["relu1", 4, 5, 7],
      ["pool1", 4, 2, 3],
      ["conv2", 2, 2, 3],
      ["pool2", 2, 2, 1],
      ["flatten", 4],
      ["fc1", 7],
      ["relu2", 7],
      ["flatten2", 7],
      ["fc2", 5],
    ]);
    network.layers.slice(1).forEach(({ inputShape }, i) => assertEquals(inputShape, network.layers[i]!.outputShape));
    assertEquals([network.layers[0]!.inputShape, network.outputShape, network.seed], [[3, 9, 11], [5], 1]);
  });

  test("lists its parameters in the order of the layers, weight before bias", () => {
    const network = sequential([2, 4, 4], [
      conv2d({ name: "eye", channels: 3, kernel: [2, 3] }),
      flatten(),
      dense({ outputs: 6, bias: false }),
      dense({ name: "mouth", outputs: 2 }),
    ], { seed: 9 });
    assertEquals(network.parameters.map(({ name, shape }) => [name, ...shape]), [
      ["eye.weight", 3, 2, 2, 3],
      ["eye.bias", 3],
      ["fc1.weight", 6, 18],
      ["mouth.weight", 2, 6],
      ["mouth.bias", 2],
    ]);
    assertEquals(network.layers.map(({ parameters: { weight, bias } }) => [weight, bias]), [
      [0, 1],
      [undefined, undefined],
      [2, undefined],
      [3, 4],
    ]);
  });

  const long = [conv2d({ channels: 2, kernel: 3 }), relu(), maxPool2d()];
  const misfits: readonly [title: string, layers: readonly Layer[], message: string][] = [
    [
      "a dense layer before the flatten",
      [...long, dense({ outputs: 3 })],
      "fc1 needs a flat input, but the layer before gives [2,3,3]: put flatten()",
    ],
    [
      "a convolution behind the flatten",
      [flatten(), conv2d({ channels: 1, kernel: 1 })],
      "conv1 needs an input [channels, height, width], but the layer before gives [64]",
    ],
    [
      "a pooling behind the flatten",
      [flatten(), maxPool2d({ name: "late" })],
      "late needs an input [channels, height, width], but the layer before gives [64]",
    ],
    [
      "a kernel larger than its input",
      [...long, conv2d({ channels: 1, kernel: [4, 1] })],
      "conv2: a window of [4,1] does not fit into [3,3] with padding [0,0]",
    ],
    [
      "a kernel larger than its padded input",
      [conv2d({ channels: 1, kernel: 11, padding: 1 })],
      "conv1: a window of [11,11] does not fit into [8,8] with padding [1,1]",
    ],
    [
      "a pooling window larger than its input",
      [averagePool2d({ window: 9 })],
      "pool1: a window of [9,9] does not fit into [8,8]",
    ],
    [
      "two layers of one name",
      [relu({ name: "x" }), relu({ name: "x" })],
      "two layers are named x; names must be unique",
    ],
    ["a name that a numbered layer has already", [relu(), relu({ name: "relu1" })], "two layers are named relu1"],
    ["no layer at all", [], "a network needs at least one layer"],
  ];
  for (const [title, layers, message] of misfits) {
    test(`refuses ${title}, by layer and numbers`, () => {
      assertThrows(() => sequential([1, 8, 8], layers), RangeError, message);
    });
  }

  test("refuses an input shape or seed that is none", () => {
    for (const shape of [[1, 8], [0, 8, 8], [1, 8.5, 8], [1, -1, 8]]) {
      const make = () => sequential(shape as [number, number, number], [relu()]);
      assertThrows(make, RangeError, `inputShape is [${shape}]; it must be three positive integers`);
    }
    for (const seed of [-1, 0.5, 2 ** 32, NaN]) {
      assertThrows(() => lenet5({ seed }), RangeError, `seed is ${seed}; it must be an integer from 0 to 2^32 - 1`);
    }
    assertEquals(lenet5({ seed: 2 ** 32 - 1 }).seed, 2 ** 32 - 1);
  });
});

describe("layers, initializers and optimizers", () => {
  const refusals: readonly [make: () => unknown, message: string][] = [
    [() => conv2d({ channels: 0, kernel: 3 }), "conv2d: channels is 0; it must be a positive integer"],
    [() => conv2d({ channels: 1, kernel: 0 }), "conv2d: kernel is 0; it must be one or two integers of at least 1"],
    [() => conv2d({ channels: 1, kernel: [3, 1.5] }), "conv2d: kernel is [3,1.5]"],
    [() => conv2d({ channels: 1, kernel: 3, stride: 0 }), "conv2d: stride is 0"],
    [
      () => conv2d({ channels: 1, kernel: 3, padding: -1 }),
      "conv2d: padding is -1; it must be one or two integers of at least 0",
    ],
    [() => dense({ outputs: NaN }), "dense: outputs is NaN"],
    [() => maxPool2d({ window: [2, 0] }), "maxPool2d: window is [2,0]"],
    [() => averagePool2d({ stride: -2 }), "averagePool2d: stride is -2"],
    [() => relu({ name: "" }), 'layer name is ""'],
    [() => flatten({ name: "a.b" }), 'layer name is "a.b"; it must be a word without spaces and dots'],
    [() => truncatedNormal(0), "truncatedNormal: deviation is 0; it must be a positive number"],
    [() => truncatedNormal(Infinity), "truncatedNormal: deviation is Infinity"],
    [() => sgd({ lr: 0 }), "sgd: lr is 0; it must be a positive number"],
    [() => momentum({ lr: -1 }), "momentum: lr is -1"],
    [() => momentum({ lr: 0.1, momentum: 1 }), "momentum: momentum is 1; it must be at least 0 and below 1"],
  ];
  for (const [make, message] of refusals) {
    test(`say what is wrong: ${message}`, () => {
      assertThrows(make, RangeError, message);
    });
  }

  test("have the defaults they promise", () => {
    const { bias, stride, padding, kernel } = conv2d({ channels: 1, kernel: 3 });
    assertEquals([bias, stride, padding, kernel], [true, [1, 1], [0, 0], [3, 3]]);
    const { window, stride: step } = maxPool2d();
    assertEquals([window, step], [[2, 2], [2, 2]]);
    assertEquals(averagePool2d({ window: [3, 1] }).stride, [3, 1]);
    assertEquals(momentum({ lr: 0.01 }).momentum, 0.9);
  });
});

describe("LeNet-5", () => {
  const names = [
    ["conv1.weight", 6, 1, 5, 5],
    ["conv2.weight", 16, 6, 5, 5],
    ["fc1.weight", 120, 400],
    ["fc1.bias", 120],
    ["fc2.weight", 84, 120],
    ["fc2.bias", 84],
    ["fc3.weight", 10, 84],
    ["fc3.bias", 10],
  ];

  test("has the parameters of the tutorial, in the order of its gradients", () => {
    assertEquals(lenet5().parameters.map(({ name, shape }) => [name, ...shape]), names);
    const initial = { distribution: "truncatedNormal", scale: 0.05 } as const;
    assert(
      lenet5().parameters.every((spec) =>
        spec.initial.distribution === initial.distribution && spec.initial.scale === initial.scale
      ),
    );
  });

  test("cut behind relu3 is the tutorial's LeNet5_part: 120 features, and the first four parameters", () => {
    const part = sliceNetwork(lenet5({ seed: 3 }), "relu3");
    assertEquals(part.layers.at(-1)!.name, "relu3");
    assertEquals([part.outputShape, part.inputShape, part.seed], [[120], [1, 32, 32], 3]);
    assertEquals(part.parameters.map(({ name, shape }) => [name, ...shape]), names.slice(0, 4));
  });

  test("cut anywhere keeps the parameters up to there, and no others", () => {
    const counts = lenet5().layers.map(({ name }) => sliceNetwork(lenet5(), name).parameters.length);
    assertEquals(counts, [1, 1, 1, 2, 2, 2, 2, 4, 4, 6, 6, 8]);
    const none = sliceNetwork(sequential([1, 2, 2], [relu(), flatten(), dense({ outputs: 1 })]), "flatten");
    assertEquals(none.parameters, []);
    assertThrows(() => sliceNetwork(lenet5(), "relu9"), RangeError, 'no layer "relu9"; its layers are conv1, relu1');
  });

  test("cut keeps its first values", async () => {
    const engine = await openEngine();
    const whole = await engine.program(lenet5({ seed: 5 }), { batchSize: 1 }).parameters.values();
    const part = sliceNetwork(lenet5({ seed: 5 }), "conv2");
    const values = await engine.program(part, { batchSize: 1 }).parameters.values();
    for (const { name } of part.parameters) assertEquals(values[name], whole[name]);
  });
});

/** First values of one weight of 200 x 500. */
async function drawn(options: EngineOptions, weightInit: Initializer, seed = 1): Promise<Float32Array> {
  const network = sequential([1, 1, 500], [flatten(), dense({ outputs: 200, bias: false, weightInit })], { seed });
  const values = await (await openEngine(options)).program(network, { batchSize: 1 }).parameters.values();
  return values["fc1.weight"]!;
}

function moments(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) };
}

describe("first values", () => {
  for (const options of ENGINES) {
    const title = `${options.engine} ${options.build ?? "float32"}`;

    test(`of a truncated normal lie within two deviations and spread as they should (${title})`, async () => {
      const { mean, deviation, largest } = moments(await drawn(options, truncatedNormal(0.05)));
      // The normal cut at two deviations has 0.87963 of its deviation; 100,000 draws give the mean to within 0.0002.
      assertAlmostEquals(mean, 0, 0.0008);
      assertAlmostEquals(deviation, 0.05 * 0.87963, 0.0005);
      assert(largest <= Math.fround(0.1) && largest > 0.0999, `the largest is ${largest}`);
    });

    test(`of he are normal with deviation sqrt(2 / inputs), of xavier uniform within sqrt(6 / (inputs + outputs)) (${title})`, async () => {
      const normal = moments(await drawn(options, he()));
      assertAlmostEquals(normal.deviation, Math.sqrt(2 / 500), 0.0007);
      assertAlmostEquals(normal.mean, 0, 0.001);
      assert(normal.largest > 3.5 * normal.deviation, "a normal has tails");
      const uniform = moments(await drawn(options, xavier()));
      const width = Math.sqrt(6 / 700);
      assertAlmostEquals(uniform.deviation, width / Math.sqrt(3), 0.0006);
      assertAlmostEquals(uniform.mean, 0, 0.001);
      assert(uniform.largest <= Math.fround(width) && uniform.largest > 0.999 * width);
    });

    test(`of zeros are zeros, and of other seeds are others (${title})`, async () => {
      assert((await drawn(options, zeros())).every((value) => value === 0));
      assertEquals(await drawn(options, he(), 2), await drawn(options, he(), 2));
      assertNotEquals(await drawn(options, he(), 2), await drawn(options, he(), 3));
    });
  }

  test("count the fans of a convolution with its window", () => {
    const [weight, bias] =
      sequential([3, 8, 8], [conv2d({ channels: 5, kernel: [2, 4], weightInit: xavier() })]).parameters;
    assertAlmostEquals(weight!.initial.scale, Math.sqrt(6 / (3 * 8 + 5 * 8)));
    assertEquals(bias!.initial, { distribution: "zeros", scale: 0 });
    const [other] = sequential([3, 8, 8], [conv2d({ channels: 5, kernel: [2, 4] })]).parameters;
    assertAlmostEquals(other!.initial.scale, Math.sqrt(2 / 24));
  });

  test("of a truncated normal are the same bits in either wasm build, and within an ulp or so the reference's", async () => {
    const reference = await drawn({ engine: "reference" }, truncatedNormal());
    const [plain, relaxed] = await Promise.all(WASM.map((options) => drawn(options, truncatedNormal())));
    if (relaxed) assertEquals(relaxed, plain);
    plain!.forEach((value, i) => assertAlmostEquals(value, reference[i]!, 4e-7 * Math.abs(reference[i]!) + 1e-9));
  });

  test("uniform are the same bits on every engine", async () => {
    const [one, ...others] = await Promise.all(ENGINES.map((options) => drawn(options, xavier())));
    for (const other of others) assertEquals(other, one);
  });

  test("of two parameters of one network differ", async () => {
    const layers = [flatten(), dense({ outputs: 9, bias: false }), dense({ outputs: 9, bias: false })];
    const program = (await openEngine()).program(sequential([1, 3, 3], layers), { batchSize: 1 });
    const { "fc1.weight": one, "fc2.weight": two } = await program.parameters.values();
    assertEquals([one!.length, two!.length], [81, sizeOf([9, 9])]);
    assertNotEquals(one, two);
  });
});
