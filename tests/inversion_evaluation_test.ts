/** The figures of an inversion, with their intervals. */
import { describe, test } from "node:test";
import {
  dense,
  drawnDigits,
  flatten,
  ImageInversionAttack,
  meanInterval,
  openEngine,
  Random,
  relativeL2,
  sequential,
  softmaxProbability,
  ssim,
} from "../mod.ts";
import { assertAlmostEquals, assertEquals, assertRejects } from "#std/assert";
import { some } from "./attacked_network.ts";

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
