/** The image inversion attack: bounded pixels, falling losses, and what it refuses. */
import { describe, test } from "node:test";
import {
  type EngineOptions,
  ImageInversionAttack,
  type ImageInversionAttackOptions,
  openEngine,
  relativeL2,
  sizeOf,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "#std/assert";
import { drawn, inversionOn, SMALL, some } from "../support/attacked_network.ts";

const METHODS = ["sign", "adam"] as const;

const BEST: EngineOptions = {};

describe("the inversion attack", () => {
  for (const method of METHODS) {
    test(`keeps every pixel within the input bound (${method})`, async () => {
      for (const inputBound of [[0, 0.06], [0.02, 0.03], [-0.01, 0.04]] as const) {
        const attack = await inversionOn(BEST, SMALL, "relu1", { inputBound });
        const targets = await attack.features(drawn(3, 4, SMALL));
        const inverted = await attack.generate(targets, { method, iterations: 60 });
        const [low, high] = inputBound.map(Math.fround);
        assert(inverted.every((pixel) => pixel >= low! && pixel <= high!), `${inputBound}`);
        assert(inverted.includes(low!) || inverted.includes(high!), "the bound was never reached");
      }
    });

    test(`comes nearer to the features: the loss of every image falls (${method})`, async () => {
      const attack = await inversionOn(BEST, SMALL, "relu1");
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
      const attack = await inversionOn(BEST, SMALL, "relu1");
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
    const attack = await inversionOn(BEST, SMALL, "relu1", { inputBound: [-1, 1], lossWeights: [1, 0.2, 5] });
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
    const attack = await inversionOn(BEST, SMALL, "relu1", { lossWeights: [2, 0.3, 5] });
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
    const attack = await inversionOn(BEST, SMALL, "relu1", { lossWeights: [1e-30, 0, 0] });
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
    const parameters = await engine.parameters(SMALL.parameters, SMALL.seed).values();
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
