/** The image inversion attack: independent images, bounded pixels, falling losses, and figures with intervals. */
import { describe, test } from "node:test";
import {
  conv2d,
  dense,
  drawnDigits,
  type Engine,
  type EngineOptions,
  flatten,
  type GenerateOptions,
  ImageInversionAttack,
  type ImageInversionAttackOptions,
  lenet5,
  maxPool2d,
  meanInterval,
  type Network,
  openEngine,
  type ParameterValues,
  Random,
  relativeL2,
  relu,
  sequential,
  sizeOf,
  sliceNetwork,
  softmaxProbability,
  ssim,
} from "../mod.ts";
import { bestBuild } from "../src/engine/wasm/module.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "#std/assert";

const BUILDS: readonly EngineOptions[] = [
  { engine: "wasm", build: "simd128" },
  ...(bestBuild === "relaxed" ? [{ engine: "wasm", build: "relaxed" } as const] : []),
];
const METHODS = ["sign", "adam"] as const;

/** A classifier of 2 x 12 x 10, so that no two sizes are equal. */
const SMALL = sequential([2, 12, 10], [
  conv2d({ channels: 6, kernel: 3, padding: 1 }),
  relu(),
  maxPool2d(),
  flatten(),
  dense({ outputs: 40 }),
  relu(),
  dense({ outputs: 10 }),
], { seed: 3 });

function drawn(count: number, seed: number, network: Network, high = 1): Float32Array {
  const random = new Random(seed, 7);
  return Float32Array.from({ length: count * sizeOf(network.inputShape) }, () => random.uniform(0, high));
}

async function valuesOf(engine: Engine, network: Network): Promise<ParameterValues> {
  return await engine.program(network, { batchSize: 1 }).parameters.values();
}

/** An attack on the features behind a layer of an untrained network. */
async function attackOn(
  options: EngineOptions,
  network: Network,
  layer: string,
  more: Partial<ImageInversionAttackOptions> = {},
): Promise<ImageInversionAttack> {
  const engine = await openEngine(options);
  const parameters = await valuesOf(engine, network);
  return new ImageInversionAttack({ engine, network: sliceNetwork(network, layer), parameters, ...more });
}

/** The images from `from` on, `count` of them. */
function some(values: Float32Array, total: number, from: number, count = 1): Float32Array {
  const size = values.length / total;
  return values.subarray(from * size, (from + count) * size);
}

for (const options of BUILDS) {
  describe(`the inversion attack (${options.build})`, () => {
    for (const method of METHODS) {
      test(`gives one image and many the same bits, in groups too (${method})`, async () => {
        const attack = await attackOn(options, SMALL, "relu2");
        const images = 33;
        const starts = drawn(images, 1, SMALL, 0.05), targets = await attack.features(drawn(images, 2, SMALL));
        const settings: GenerateOptions = { method, iterations: 30 };
        const together = await attack.generate(targets, { ...settings, starts });
        for (const [from, count] of [[0, 1], [5, 1], [31, 1], [32, 1], [3, 7], [8, 8], [20, 13]] as const) {
          const part = { ...settings, starts: some(starts, images, from, count) };
          const alone = await attack.generate(some(targets, images, from, count), part);
          assertEquals(alone, some(together, images, from, count), `${count} from ${from} on`);
        }
      });
    }

    test("begins anew as often as asked for, and keeps of each image what came nearest", async () => {
      const attack = await attackOn(options, SMALL, "relu2");
      const images = 40, iterations = 10, targets = await attack.features(drawn(images, 2, SMALL));
      const losses: number[] = [], progress: number[] = [];
      const inverted = await attack.generate(targets, {
        iterations,
        restarts: 3,
        onLosses: (some, iteration) => void (iteration === iterations && losses.push(...some)),
        onProgress: (done, total) => void progress.push(done / total),
      });
      const first = await attack.generate(targets, { iterations });
      assertEquals(losses.length, 3 * images);
      let kept = 0;
      for (let image = 0; image < images; image++) {
        const [a, b, c] = [0, 1, 2].map((restart) => losses[restart * images + image]!) as [number, number, number];
        const isFirst = some(inverted, images, image).every((pixel, i) => pixel === some(first, images, image)[i]);
        assertEquals(isFirst, a <= Math.min(b, c), `image ${image}: ${a}, ${b}, ${c}`);
        kept += Number(isFirst);
      }
      assert(kept > 0 && kept < images, `${kept} of ${images} from the first`);
      assertEquals(progress, progress.toSorted((a, b) => a - b));
      assertEquals(progress.at(-1), 1);
    });

    test("gives one image of LeNet-5 and many the same bits, with starts of its own", async () => {
      const attack = await attackOn(options, lenet5(), "relu3", { lossWeights: [1, 0.1, 5] });
      const images = 33, targets = await attack.features(drawn(images, 2, lenet5()));
      const together = await attack.generate(targets, { iterations: 8, seed: 4 });
      for (const count of [1, 3, 13]) {
        const alone = await attack.generate(some(targets, images, 0, count), { iterations: 8, seed: 4 });
        assertEquals(alone, some(together, images, 0, count), `${count} images`);
      }
      const other = await attack.generate(some(targets, images, 0), { iterations: 8, seed: 5 });
      assertNotEquals(other, some(together, images, 0));
    });

    test("sees the network's own activations, whatever the number of images", async () => {
      const engine = await openEngine(options), images = drawn(33, 3, SMALL);
      for (const { name } of SMALL.layers) {
        const part = sliceNetwork(SMALL, name);
        const program = engine.program(part, { batchSize: 33 });
        program.setInput(images);
        program.forward();
        const expected = await program.output();
        assertEquals(expected.length, 33 * sizeOf(part.outputShape));
        const attack = await attackOn(options, SMALL, name);
        assertEquals(await attack.features(images), expected, name);
        const one = engine.program(part, { batchSize: 1 });
        one.setInput(some(images, 33, 32));
        one.forward();
        assertEquals(await one.output(), some(expected, 33, 32), name);
      }
      // The slice behind the last layer is the whole network.
      const whole = engine.program(SMALL, { batchSize: 33 });
      whole.setInput(images);
      whole.forward();
      assertEquals(await (await attackOn(options, SMALL, "fc2")).features(images), await whole.output());
    });
  });
}

const BEST: EngineOptions = {};

describe("the inversion attack", () => {
  for (const method of METHODS) {
    test(`keeps every pixel within the input bound (${method})`, async () => {
      for (const inputBound of [[0, 0.06], [0.02, 0.03], [-0.01, 0.04]] as const) {
        const attack = await attackOn(BEST, SMALL, "relu1", { inputBound });
        const targets = await attack.features(drawn(3, 4, SMALL));
        const inverted = await attack.generate(targets, { method, iterations: 60 });
        const [low, high] = inputBound.map(Math.fround);
        assert(inverted.every((pixel) => pixel >= low! && pixel <= high!), `${inputBound}`);
        assert(inverted.includes(low!) || inverted.includes(high!), "the bound was never reached");
      }
    });

    test(`comes nearer to the features: the loss of every image falls (${method})`, async () => {
      const attack = await attackOn(BEST, SMALL, "relu1");
      const originals = drawn(33, 5, SMALL), targets = await attack.features(originals);
      const losses = new Map<string, Float32Array>();
      const iterations = method === "sign" ? 100 : 200;
      const inverted = await attack.generate(targets, {
        method,
        iterations,
        onLosses: (all, iteration, firstImage) => losses.set(`${iteration} from ${firstImage}`, all),
      });
      assertEquals(losses.size, 2 * iterations);
      for (const [from, images] of [[0, 32], [32, 1]] as const) {
        const begin = losses.get(`1 from ${from}`)!, end = losses.get(`${iterations} from ${from}`)!;
        assertEquals([begin.length, end.length], [images, images]);
        end.forEach((loss, image) =>
          assert(loss < 0.9 * begin[image]!, `image ${from + image}: ${begin[image]} to ${loss}`)
        );
      }
      const distance = (values: Float32Array) => relativeL2(targets, values);
      const start = await attack.features(new Float32Array(originals.length).fill(0.025));
      assert(distance(await attack.features(inverted)) < 0.8 * distance(start));
    });

    test(`tells of its progress, and waits (${method})`, async () => {
      const attack = await attackOn(BEST, SMALL, "relu1");
      const told: [number, number][] = [];
      let waiting = 0;
      const onProgress = async (done: number, total: number) => {
        assertEquals(waiting++, 0);
        await Promise.resolve();
        waiting--;
        told.push([done, total]);
      };
      await attack.generate(await attack.features(drawn(33, 5, SMALL)), { method, iterations: 2, onProgress });
      assertEquals(told, [[32, 66], [64, 66], [65, 66], [66, 66]]);
    });
  }

  test("moves each pixel by 0.01 against the sign of the loss's gradient, and no further", async () => {
    const attack = await attackOn(BEST, SMALL, "relu1", { inputBound: [-1, 1], lossWeights: [1, 0.2, 5] });
    const starts = drawn(1, 6, SMALL, 0.5);
    const targets = await attack.features(drawn(1, 7, SMALL));
    const moved = await attack.generate(targets, { iterations: 1, starts });
    const lossAt = async (images: Float32Array) => {
      let loss = NaN;
      await attack.generate(targets, { iterations: 1, starts: images, onLosses: ([one]) => loss = one! });
      return loss;
    };
    const [up, down] = [starts.map((x) => x), starts.map((x) => x)];
    let compared = 0;
    for (let pixel = 0; pixel < starts.length; pixel++) {
      const step = moved[pixel]! - starts[pixel]!;
      assert(Math.abs(step) <= 0.01 + 1e-7, `pixel ${pixel} moved by ${step}`);
      up[pixel] = starts[pixel]! + 0.005;
      down[pixel] = starts[pixel]! - 0.005;
      const slope = await lossAt(up) - await lossAt(down);
      up[pixel] = down[pixel] = starts[pixel]!;
      // Where the loss is flat, or has a kink, its difference quotient may have another sign.
      if (Math.abs(slope) < 2e-5) continue;
      assertAlmostEquals(step, slope > 0 ? -0.01 : 0.01, 1e-7, `pixel ${pixel}, slope ${slope}`);
      compared++;
    }
    assert(compared > 0.8 * starts.length, `only ${compared} of ${starts.length} compared`);
  });

  test("computes the loss of the specification", async () => {
    const attack = await attackOn(BEST, SMALL, "relu1", { lossWeights: [2, 0.3, 5] });
    const [channels, height, width] = SMALL.inputShape;
    const x = drawn(1, 8, SMALL), y = await attack.features(drawn(1, 9, SMALL)), f = await attack.features(x);
    const mean = (values: Iterable<number>) => {
      const list = [...values];
      return list.reduce((sum, value) => sum + value, 0) / list.length;
    };
    const at = (channel: number, row: number, column: number) => x[(channel * height + row) * width + column]!;
    const each = (count: number) => Array.from({ length: count }, (_, i) => i);
    const over = (outer: number, inner: number, value: (a: number, b: number) => number) =>
      each(outer).flatMap((a) => each(inner).map((b) => value(a, b)));
    const rows = each(height - 1).map((r) => over(channels, width, (c, k) => (at(c, r + 1, k) - at(c, r, k)) ** 2));
    const columns = each(width - 1).map((k) => over(channels, height, (c, r) => (at(c, r, k + 1) - at(c, r, k)) ** 2));
    const feature = mean(f.map((value, i) => (value - y[i]!) ** 2)) / mean(y.map((value) => value ** 2));
    const square = mean(x.map((value) => value ** 2));
    const sum = (pairs: number[][]) => pairs.reduce((total, pair) => total + mean(pair), 0);
    const losses: number[] = [];
    const onLosses = ([loss]: Float32Array) => losses.push(loss!);
    await attack.generate(y, { iterations: 1, starts: x, onLosses });
    await attack.generate(y, { iterations: 1, starts: x, onLosses, method: "adam", adamLossWeights: [2, 0.3, 5] });
    const expected = 2 * feature + 0.3 * (sum(rows) + sum(columns)) + 5 * square;
    assertAlmostEquals(losses[0]!, expected, 1e-5 * expected);
    const stronger = 2 * feature + 0.3 * (mean(rows.flat()) + mean(columns.flat())) + 5 * square;
    assertAlmostEquals(losses[1]!, stronger, 1e-5 * stronger);
  });

  test("starts from draws between 0 and 0.05 that depend on the seed and the image alone", async () => {
    const attack = await attackOn(BEST, SMALL, "relu1", { lossWeights: [1e-30, 0, 0] });
    // Zero is what the features of these targets are nearest to; the step is 0.01 at most.
    const targets = (count: number) => new Float32Array(count * sizeOf(attack.network.outputShape));
    const three = await attack.generate(targets(3), { iterations: 1 });
    assert(three.every((pixel) => pixel <= 0.06) && Math.max(...three) > 0.03);
    assertEquals(await attack.generate(targets(1), { iterations: 1 }), some(three, 3, 0));
    assertNotEquals(some(three, 3, 1), some(three, 3, 0));
    assertNotEquals(await attack.generate(targets(1), { iterations: 1, seed: 2 }), some(three, 3, 0));
  });

  test("refuses what it cannot attack, by name, value and rule", async () => {
    const engine = await openEngine();
    const parameters = await valuesOf(engine, SMALL);
    const make = (more: Partial<ImageInversionAttackOptions>) =>
      new ImageInversionAttack({ engine, network: SMALL, parameters, ...more });
    assertThrows(
      () => make({ inputBound: [1, 0] }),
      RangeError,
      "inputBound is [1,0]; it must be two numbers, the lower",
    );
    assertThrows(
      () => make({ inputBound: [0, Infinity] }),
      RangeError,
      "inputBound is [0,Infinity]",
    );
    assertThrows(
      () => make({ lossWeights: [0, 1, 1] }),
      RangeError,
      "lossWeights is [0,1,1]; it must be three numbers",
    );
    assertThrows(() => make({ lossWeights: [1, -1, 1] }), RangeError, "lossWeights is [1,-1,1]");
    const { "fc1.bias": _, ...others } = parameters;
    assertThrows(() => make({ parameters: others }), RangeError, "parameters lacks fc1.bias of the network");
    const attack = make({});
    await assertRejects(
      () => attack.features(new Float32Array(239)),
      RangeError,
      "images has 239 values; it must hold a whole number of images of 240 each",
    );
    const refused: readonly [features: number, options: Record<string, unknown>, message: string][] = [
      [0, {}, "targetFeatures has 0 values; it must hold a whole number of images of 10 each, at least one"],
      [15, {}, "targetFeatures has 15 values"],
      [10, { iterations: 0 }, "iterations is 0; it must be a positive integer"],
      [10, { method: "newton" }, 'method is "newton"; it must be "sign" or "adam"'],
      [10, { method: "adam", adamLossWeights: [1, NaN, 0] }, "adamLossWeights is [1,NaN,0]"],
      [20, { starts: new Float32Array(240) }, "starts has 240 values; 2 images take 480"],
      [10, { restarts: 0 }, "restarts is 0; it must be an integer from 1 to 64"],
      [10, { starts: new Float32Array(240), restarts: 2 }, "and 1 where starts are given"],
    ];
    for (const [features, options, message] of refused) {
      await assertRejects(() => attack.generate(new Float32Array(features), options), RangeError, message);
    }
  });
});

describe("the evaluation of an inversion", () => {
  const { images, labels } = drawnDigits(33, { seed: 6 });
  const reader = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })], { seed: 2 });
  const originals = Float32Array.from(images, (byte) => byte / 255);
  const random = new Random(1);
  const blurred = originals.map((pixel) => 0.7 * pixel + random.uniform(0, 0.2));
  const shape = { channels: 1, height: 28, width: 28 };

  async function prepared() {
    const engine = await openEngine();
    const parameters = await valuesOf(engine, reader);
    const attack = new ImageInversionAttack({ engine, network: reader, parameters });
    return { engine, attack, judge: { network: reader, parameters } };
  }

  test("gives the means of the figures of each image, with their intervals", async () => {
    const { attack } = await prepared();
    const evaluation = await attack.evaluate(originals, blurred);
    const pairs = Array.from({ length: 33 }, (_, i) => [some(originals, 33, i), some(blurred, 33, i)] as const);
    assertEquals(evaluation.images, 33);
    assertEquals(evaluation.perImage.l2, pairs.map(([a, b]) => relativeL2(a, b)));
    assertEquals(evaluation.perImage.ssim, pairs.map(([a, b]) => ssim(a, b, shape)));
    assertEquals(evaluation.l2, meanInterval(evaluation.perImage.l2));
    assertEquals(evaluation.ssim, meanInterval(evaluation.perImage.ssim));
    assertEquals([evaluation.confidence, evaluation.predictedRight, evaluation.perImage.confidence], [
      null,
      null,
      null,
    ]);
  });

  test("finds nothing lost of the originals themselves", async () => {
    const { attack } = await prepared();
    const { l2, ssim } = await attack.evaluate(originals, originals);
    assertEquals(l2.mean, 0);
    assertAlmostEquals(ssim.mean, 1, 1e-12);
  });

  test("asks the judge how sure it is of the true class, and how often it is right", async () => {
    const { engine, attack, judge } = await prepared();
    const program = engine.program(reader, { batchSize: 33 });
    program.setInput(blurred);
    program.forward();
    const logits = await program.output();
    const rows = Array.from({ length: 33 }, (_, i) => some(logits, 33, i));
    // What the judge takes the first twenty for, and the others for least.
    const labels = rows.map((row, i) => row.indexOf(i < 20 ? Math.max(...row) : Math.min(...row)));
    const { confidence, predictedRight, perImage } = await attack.evaluate(originals, blurred, { labels, judge });
    perImage.confidence!.forEach((sure, i) => assertAlmostEquals(sure, softmaxProbability(rows[i]!, labels[i]!), 1e-6));
    assertEquals(confidence, meanInterval(perImage.confidence!));
    assertEquals(predictedRight, 20 / 33);
  });

  test("refuses sizes that do not match, and labels without a judge", async () => {
    const { attack, judge } = await prepared();
    const refused: readonly [a: Float32Array, b: Float32Array, message: string][] = [
      [originals.subarray(1), blurred, "originals has 25871 values; it must hold a whole number of images of 784 each"],
      [new Float32Array(0), blurred, "originals has 0 values"],
      [originals, blurred.subarray(784), "inverted has 25088 values, but originals 25872"],
    ];
    for (const [a, b, message] of refused) await assertRejects(() => attack.evaluate(a, b), RangeError, message);
    const both = "the confidence takes both labels and a judge; give both or neither";
    await assertRejects(() => attack.evaluate(originals, blurred, { labels }), TypeError, both);
    await assertRejects(() => attack.evaluate(originals, blurred, { judge }), TypeError, both);
    const short = { labels: labels.subarray(1), judge };
    await assertRejects(
      () => attack.evaluate(originals, blurred, short),
      RangeError,
      "labels has 32 values; there are 33 images",
    );
    const strange = { labels: labels.map(() => 10), judge };
    await assertRejects(() => attack.evaluate(originals, blurred, strange), RangeError, "label is 10");
  });
});
