import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  accuracy,
  certifyCodes,
  CodeEncoder,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  flatten,
  mergeRareCodes,
  Model,
  momentum,
  openEngine,
  pixels,
  quantize,
  relu,
  residual,
  restOfNetwork,
  sequential,
  sigmoid,
} from "../../mod.ts";

const LAYERS = [
  conv2d({ channels: 4, kernel: 5, stride: 2 }),
  relu(),
  flatten(),
  dense({ outputs: 5 }),
  sigmoid(),
  quantize({ levels: 3 }),
  dense({ outputs: 20 }),
  relu(),
  dense({ outputs: 10 }),
];
const network = sequential([1, 28, 28], LAYERS);
const digits = new Dataset(drawnDigits(1500));

describe("a network cut at a layer of few levels", () => {
  test("gives codes from which the same is read as by the whole network, and a bound for them", async () => {
    const engine = await openEngine({ engine: "wasm" });
    const model = new Model({ engine, network, optimizer: momentum({ lr: 0.05 }), metrics: { accuracy: accuracy() } });
    await model.train(20, digits, { batchSize: 32 });
    const whole = (await model.eval(digits))["accuracy"]!;
    const encoder = new CodeEncoder({ engine, network, parameters: await model.parameters(), layer: "quantize1" });
    const images = await pixels(engine, digits, Array.from({ length: 1500 }, (_, image) => image));
    const codes = await encoder.encode(images), predictions = await encoder.predictions(), { labels } = digits.source;
    assertEquals([encoder.codes, predictions.length, codes.length], [243, 243, 1500]);
    const right = codes.filter((code, image) => predictions[code] === labels[image]).length;
    assertEquals(right / 1500, whole);
    assert(whole > 0.5, `only ${whole} are read right`);
    const table = mergeRareCodes({ codes: encoder.codes, population: codes, predictions, most: 16 });
    const sent = codes.map((code) => table.sent[code]!);
    assertEquals(sent.filter((code, image) => table.predictions[code] === labels[image]).length, right);
    const { value, codes: used } = certifyCodes(sent, labels);
    assert(used <= 16 && value <= 0.16 && value < certifyCodes(codes, labels).value, `${value} with ${used} codes`);
    // One image alone has the code that it has among others.
    assertEquals(await encoder.encode(images.subarray(784, 1568)), codes.slice(1, 2));
  });

  test("has the same codes on the reference engine, but where a unit is next to the middle of two levels", async () => {
    const engines = await Promise.all([openEngine({ engine: "wasm" }), openEngine({ engine: "reference" })]);
    const parameters = await engines[0]!.parameters(network.parameters, network.seed).values();
    const images = Float32Array.from(digits.source.images.subarray(0, 100 * 784), (byte) => byte / 255);
    const all = engines.map((engine) => new CodeEncoder({ engine, network, parameters, layer: "quantize1" }));
    const [ours, wanted] = await Promise.all(all.map((encoder) => encoder.encode(images)));
    assertEquals(ours, wanted);
    assertEquals(await all[0]!.predictions(), await all[1]!.predictions());
  });

  test("is refused where it has no codes, and it is said why", async () => {
    const engine = await openEngine({ engine: "wasm" });
    const parameters = await engine.parameters(network.parameters, network.seed).values();
    const refused = (change: object, message: string) =>
      assertThrows(
        () => new CodeEncoder({ engine, network, parameters, layer: "quantize1", ...change }),
        RangeError,
        message,
      );
    refused({ layer: "sigmoid1" }, "layer sigmoid1 is a sigmoid; codes are of a quantize layer");
    refused({ layer: "quantize2" }, 'the network has no layer "quantize2"');
    refused({ parameters: {} }, "parameters has no conv1.weight");
    const wide = sequential([1, 28, 28], [
      flatten(),
      dense({ outputs: 17 }),
      quantize({ levels: 2 }),
      dense({ outputs: 2 }),
    ]);
    refused({ network: wide }, "layer quantize1 has 17 units of 2 levels; that is more than 65536 codes");
    const encoder = new CodeEncoder({ engine, network, parameters, layer: "quantize1" });
    await assertRejects(() => encoder.encode(new Float32Array(785)), RangeError);
    await assertRejects(() => encoder.encode(new Float32Array(784).fill(NaN)), RangeError);
  });

  test("cannot be cut within a residual", () => {
    const around = sequential([1, 4, 4], [
      relu(),
      residual([conv2d({ channels: 1, kernel: 1 }), quantize({ levels: 2 })]),
    ]);
    assertThrows(() => restOfNetwork(around, "quantize1"), RangeError, "the residual that add1 ends begins before");
    assertEquals(restOfNetwork(around, "relu1").inputShape, [1, 4, 4]);
    assertEquals(restOfNetwork(around, "relu1").parameters, around.parameters);
  });
});
