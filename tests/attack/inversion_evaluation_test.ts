/** The figures of an inversion, with their intervals. */
import { describe, test } from "node:test";
import {
  dense,
  drawnDigits,
  evaluateInversion,
  flatten,
  GradientLeakageAttack,
  ImageInversionAttack,
  meanInterval,
  MINDARMOUR_DATA_RANGE,
  openEngine,
  Random,
  relativeL2,
  sequential,
  softmaxProbability,
  ssim,
} from "../../mod.ts";
import { assertAlmostEquals, assertEquals, assertRejects } from "#std/assert";
import { some } from "../support/attacked_network.ts";

describe("the evaluation of an inversion", () => {
  const { images, labels } = drawnDigits(33, { seed: 6 });
  const reader = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })], { seed: 2 });
  const originals = Float32Array.from(images, (byte) => byte / 255);
  const random = new Random(1);
  const blurred = originals.map((pixel) => 0.7 * pixel + random.uniform(0, 0.2));
  const shape = { channels: 1, height: 28, width: 28 };

  async function prepared() {
    const engine = await openEngine();
    const parameters = await engine.parameters(reader.parameters, reader.seed).values();
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

  test("leaves black originals out of the L2, one-coloured ones out of the identification, and counts them", async () => {
    const { attack } = await prepared(), pool = originals.slice(0, 20 * 784);
    const places = Array.from({ length: 33 }, (_, i) => [0, 1, 2, 3, 4].map((k) => (i + k + 1) % 20));
    const decoys = { pool, places }, partly = originals.slice();
    partly.fill(0, 3 * 784, 4 * 784).fill(0.3, 5 * 784, 6 * 784);
    const whole = await attack.evaluate(originals, blurred, { decoys });
    assertEquals([whole.undefined, whole.identification!.images], [{ l2: 0, identification: 0 }, 33]);
    const { l2, undefined: left, perImage, identification, images } = await attack.evaluate(partly, blurred, {
      decoys,
    });
    assertEquals([images, left, identification!.images], [33, { l2: 1, identification: 2 }, 31]);
    const expected = whole.perImage.l2.with(3, NaN).with(
      5,
      relativeL2(new Float32Array(784).fill(0.3), blurred.subarray(5 * 784, 6 * 784)),
    );
    assertEquals(perImage.l2, expected);
    assertEquals(l2, meanInterval(expected.filter((distance) => !Number.isNaN(distance))));
    assertEquals(JSON.parse(JSON.stringify(perImage)).l2[3], null);
    const black = new Float32Array(784), grey = new Float32Array(784).fill(0.5);
    await assertRejects(() => attack.evaluate(black, grey), RangeError, "originals: the image is black");
    const one = { pool: originals, places: [[1, 2]] };
    await assertRejects(() => attack.evaluate(grey, grey, { decoys: one }), RangeError, "no image has contrast");
    assertEquals((await attack.evaluate(grey, grey)).l2.mean, 0);
  });

  test("takes SSIM's data range from an option, from the attack's input bound, or for images from 0 to 1", async () => {
    const { engine, attack } = await prepared();
    const mean = (dataRange: number) =>
      meanInterval(
        Array.from(
          { length: 33 },
          (_, i) => ssim(some(originals, 33, i), some(blurred, 33, i), { ...shape, dataRange }),
        ),
      );
    const own = await attack.evaluate(originals, blurred);
    assertEquals([own.dataRange, own.ssim], [1, mean(1)]);
    assertEquals((await evaluateInversion(engine, [1, 28, 28], originals, blurred)).ssim, mean(1));
    const theirs = await attack.evaluate(originals, blurred, { dataRange: MINDARMOUR_DATA_RANGE });
    assertEquals([theirs.dataRange, theirs.ssim], [2, mean(2)]);
    const parameters = await engine.parameters(reader.parameters, reader.seed).values();
    const inputBound = [-1, 2] as const, options = { engine, network: reader, parameters, inputBound };
    for (const wide of [new ImageInversionAttack(options), new GradientLeakageAttack(options)]) {
      assertEquals((await wide.evaluate(originals, blurred)).ssim, mean(3));
    }
  });

  test("refuses pixels that are no numbers, by image and place", async () => {
    const { attack } = await prepared();
    for (const value of [NaN, Infinity, -Infinity]) {
      const wrong = originals.with(2 * 784 + 5, value), message = `pixel 5 of image 2 is ${value}; it must be finite`;
      await assertRejects(() => attack.evaluate(wrong, blurred), RangeError, `originals: ${message}`);
      await assertRejects(() => attack.evaluate(blurred, wrong), RangeError, `inverted: ${message}`);
      const decoys = { pool: wrong, places: Array.from({ length: 33 }, () => [0]) };
      await assertRejects(() => attack.evaluate(originals, blurred, { decoys }), RangeError, `pool: ${message}`);
    }
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
    const ignorant = { labels, judge: { ...judge, parameters: {} } };
    await assertRejects(
      () => attack.evaluate(originals, blurred, ignorant),
      RangeError,
      "parameters lacks fc1.weight, fc1.bias",
    );
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
