/** Networks with batch normalisation in front of and behind layers with units: suppressed, and exported. */
import { describe, test } from "node:test";
import {
  averagePool2d,
  batchNorm,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  dropout,
  exportModel,
  flatten,
  Model,
  type Network,
  openEngine,
  type ParameterValues,
  Random,
  relu,
  residual,
  sequential,
  sgd,
  sizeOf,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";

const digits = new Dataset(drawnDigits(160), { size: [12, 12] });

/** Normalised first, directly behind a convolution and a dense layer, and behind a ReLU and a flatten. */
function network(): Network {
  return sequential([1, 12, 12], [
    batchNorm({ name: "first" }),
    conv2d({ channels: 6, kernel: 3, bias: false }),
    batchNorm({ name: "behind_conv" }),
    relu(),
    averagePool2d(),
    batchNorm({ name: "behind_pool" }),
    conv2d({ channels: 5, kernel: 2 }),
    relu(),
    flatten(),
    batchNorm({ name: "behind_flatten" }),
    dense({ outputs: 12 }),
    batchNorm({ name: "behind_dense" }),
    relu(),
    dense({ outputs: 10 }),
  ], { seed: 4 });
}

async function outputs(network: Network, parameters: ParameterValues): Promise<Float32Array> {
  const program = (await openEngine()).program(network, { batchSize: 7 }), random = new Random(1);
  program.parameters.setValues(parameters);
  program.setInput(Float32Array.from({ length: 7 * 144 }, () => random.uniform()));
  program.forward();
  return await program.output();
}

async function assertSameOutputs(one: Parameters<typeof outputs>, other: Parameters<typeof outputs>): Promise<void> {
  const [expected, actual] = [await outputs(...one), await outputs(...other)];
  assert(expected.some((value) => Math.abs(value) > 0.1));
  expected.forEach((value, i) => assertAlmostEquals(actual[i]!, value, 1e-5));
}

describe("exporting a network with batch normalisation", () => {
  test("folds it into the layer directly in front, keeps it elsewhere, and changes no output", async () => {
    const model = new Model({ engine: await openEngine(), network: network(), optimizer: sgd({ lr: 0.05 }) });
    await model.train(2, digits, { batchSize: 32 });
    const parameters = await model.parameters(), folded = exportModel(model.network, parameters);
    const names = folded.network.layers.map(({ name }) => name);
    assertEquals(names.filter((name) => /first|behind/.test(name)), ["first", "behind_pool", "behind_flatten"]);
    // The convolution had no bias.
    assertEquals(folded.network.parameters.find(({ name }) => name === "conv1.bias")!.shape, [6]);
    for (const { name, shape } of folded.network.parameters) {
      assertEquals(folded.parameters[name]!.length, sizeOf(shape), name);
    }
    assertEquals(Object.keys(folded.parameters).length, folded.network.parameters.length);
    await assertSameOutputs([model.network, parameters], [folded.network, folded.parameters]);
  });

  test("leaves units out that are silent, with what normalisations have of their own for each", async () => {
    const engine = await openEngine(), whole = network();
    const layers = [["conv1", 3], ["conv2", 2], ["fc1", 7]].map(([layerName, minNum]) => (
      { layerName: layerName as string, granularity: "unit", minNum: minNum as number } as const
    ));
    const settings = { startEpoch: 1, endEpoch: 2, batchNum: 5, maskTimes: 6, sparseEnd: 0.9 };
    const control = SuppressPrivacyFactory.create(whole, layers, settings);
    const model = new SuppressModel({ engine, network: whole, optimizer: sgd({ lr: 0.05 }) });
    model.linkSuppressCtrl(control);
    await model.train(control.settings.epochs, digits, { batchSize: 32, callbacks: [new SuppressMasker(control)] });
    const parameters = await model.parameters(), small = exportModel(whole, parameters);
    assertEquals(Object.values(small.kept).map(({ length }) => length), [3, 2, 7]);
    const shapeOf = (name: string) => small.network.parameters.find((one) => one.name === name)!.shape;
    assertEquals(shapeOf("first.weight"), [1]);
    assertEquals(shapeOf("behind_pool.running_var"), [3]);
    assertEquals(shapeOf("behind_flatten.running_mean"), [2 * 16]);
    assertEquals(shapeOf("fc1.weight"), [7, 32]);
    await assertSameOutputs([whole, parameters], [small.network, small.parameters]);
    // A run that goes on from these masks counts the same units as silent, but none of which something is left.
    const next = SuppressPrivacyFactory.create(whole, layers, settings);
    next.goOn(await model.masks());
    assertEquals(next.silentUnits, { conv1: 3, conv2: 3, fc1: 5 });
    const { "behind_dense.bias": _, ...fewer } = await model.masks();
    next.goOn(fewer);
    assertEquals(next.silentUnits, { conv1: 3, conv2: 3, fc1: 0 });
    // A unit falls silent with its own weight and bias of the normalisations behind it, but not with their statistics.
    const masks = await model.masks(), silent = [0, 1, 2, 3, 4].filter((unit) => !small.kept.conv2!.includes(unit));
    for (const name of ["behind_flatten.weight", "behind_flatten.bias"]) {
      masks[name]!.forEach((kept, i) =>
        assertEquals(kept, silent.includes(Math.floor(i / 16)) ? 0 : 1, `${name} ${i}`)
      );
    }
    assertEquals(Object.keys(masks).filter((name) => name.includes("running")), []);
  });

  test("folds none that a sum takes without it, and begins branches behind a dropout that is left out", async () => {
    const same = () => conv2d({ channels: 4, kernel: 3, padding: 1 });
    const forked = sequential([1, 12, 12], [
      conv2d({ channels: 4, kernel: 3 }),
      residual([batchNorm({ name: "forked" }), relu(), same(), batchNorm({ name: "in_branch" })]),
      batchNorm({ name: "behind_sum" }),
      residual([
        dropout({ rate: 0.5 }),
        dropout({ rate: 0.25 }),
        same(),
        batchNorm({ name: "behind_dropout" }),
        relu(),
      ]),
      residual([dropout({ rate: 0.5 })]),
      flatten(),
      dense({ outputs: 12 }),
      dropout({ rate: 0.5 }),
      batchNorm({ name: "behind_dense" }),
      residual([dropout({ rate: 0.5 }), residual([dropout({ rate: 0.5 }), dense({ outputs: 12 })]), relu()]),
      dense({ outputs: 10 }),
    ], { seed: 4 });
    const model = new Model({ engine: await openEngine(), network: forked, optimizer: sgd({ lr: 0.01 }) });
    await model.train(1, digits, { batchSize: 32 });
    const parameters = await model.parameters(), small = exportModel(forked, parameters);
    const layers = small.network.layers.map(({ name }) => name);
    assertEquals(layers.filter((name) => /forked|in_branch|behind/.test(name)), ["forked", "behind_sum"]);
    const froms = small.network.layers.flatMap(({ layer }) => layer.kind === "add" ? [layer.from] : []);
    // A branch of a dropout alone keeps it.
    assertEquals(froms, ["forked", "conv3", "drop3", "fc2", "fc2"]);
    assertEquals(layers.filter((name) => name.startsWith("drop")), ["drop3"]);
    await assertSameOutputs([forked, parameters], [small.network, small.parameters]);
  });

  test("keeps a unit whose weights are all 0, but whose normalisation makes something of that", () => {
    const one = sequential([1, 1, 2], [
      flatten(),
      dense({ outputs: 3 }),
      batchNorm({ epsilon: 0.25 }),
      dense({ outputs: 1 }),
    ]);
    const parameters = {
      "fc1.weight": Float32Array.of(1, 2, 0, 0, 0, 0),
      "fc1.bias": Float32Array.of(0.5, 0, 0),
      "norm1.weight": Float32Array.of(2, 1, 0),
      "norm1.bias": Float32Array.of(1, 0, 0),
      "norm1.running_mean": Float32Array.of(1, 3, 3),
      "norm1.running_var": Float32Array.of(0.75, 0.75, 0.75),
      "fc2.weight": Float32Array.of(1, 1, 1),
      "fc2.bias": new Float32Array(1),
    };
    const { kept, parameters: small } = exportModel(one, parameters);
    assertEquals(kept, { fc1: [0, 1] });
    assertEquals(small["fc1.weight"], Float32Array.of(2, 4, 0, 0));
    assertEquals(small["fc1.bias"], Float32Array.of(0, -3));
    const wide = { ...parameters, "norm1.weight": Float32Array.of(3e38, 1, 0), "fc1.bias": Float32Array.of(9, 0, 0) };
    assertThrows(() => exportModel(one, wide), RangeError, "into which norm1 is folded");
  });
});

describe("suppression by weight", () => {
  test("works through batch normalisation, also of its own weight", async () => {
    const engine = await openEngine(), whole = network();
    const layer = { isAddNoise: false, isLowerClip: false, minNum: -1 } as const;
    const layers = ["conv2.weight", "behind_flatten.weight"].map((layerName) => ({ ...layer, layerName }));
    const settings = { startEpoch: 1, endEpoch: 2, batchNum: 5, maskTimes: 6, sparseEnd: 0.5 };
    const control = SuppressPrivacyFactory.create(whole, layers, settings);
    const model = new SuppressModel({ engine, network: whole, optimizer: sgd({ lr: 0.05 }) });
    model.linkSuppressCtrl(control);
    await model.train(control.settings.epochs, digits, { batchSize: 32, callbacks: [new SuppressMasker(control)] });
    const report = await model.sparsity(), parameters = await model.parameters();
    assert(report.layers["conv2.weight"]!.masked > 0.4, `${report.layers["conv2.weight"]!.masked}`);
    const small = exportModel(whole, parameters);
    await assertSameOutputs([whole, parameters], [small.network, small.parameters]);
  });
});
