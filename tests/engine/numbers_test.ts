/** Numbers that are none, on every engine of the CPU, and where no engine computes. */
import { assertEquals, assertRejects, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  alignImages,
  dense,
  DivergedError,
  evaluateMembership,
  exportModel,
  flatten,
  GradientLeakageAttack,
  ImageInversionAttack,
  LearnedDecoder,
  membershipScores,
  NeighbourDecoder,
  openEngine,
  revealedInputs,
  sameLabelDecoys,
  sequential,
} from "../../mod.ts";
import { ENGINES } from "../support/engines.ts";
import { numberCases } from "../support/number_cases.ts";

const NONE = [NaN, Infinity, -Infinity];

for (const options of [...ENGINES, { engine: "reference", build: "float64" } as const]) {
  describe(`numbers that are none, on ${options.engine} ${options.build ?? ""}`, () => {
    for (const { name, run } of numberCases) {
      test(name, async () => run(await openEngine(options), options.build !== "float64"));
    }
  });
}

describe("numbers that are none", () => {
  const network = sequential([1, 1, 2], [flatten(), dense({ outputs: 2 })]);
  const good = { "fc1.weight": Float32Array.of(1, 2, 3, 4), "fc1.bias": Float32Array.of(1, 2) };

  test("are refused by the decoder by neighbours, as features, images and targets", async () => {
    const images = Float32Array.of(0, 0.5, 1), features = Float32Array.of(3, 5, 9), shape = [1, 1, 1] as const;
    const decoder = new NeighbourDecoder({ features, images, shape });
    for (const value of NONE) {
      const refused = (options: object, message: string) =>
        assertThrows(() => new NeighbourDecoder({ features, images, shape, ...options }), RangeError, message);
      refused({ features: features.with(1, value) }, `features[1] is ${value}`);
      refused({ images: images.with(2, value) }, `images: pixel 0 of image 2 is ${value}`);
      const message = `targetFeatures: feature 0 of image 1 is ${value}`;
      await assertRejects(() => decoder.generate(Float32Array.of(1, value)), RangeError, message);
    }
  });

  test("a feature that is always the same tells nothing, whatever a mean's rounding makes of it", async () => {
    // The mean of 0.1 over three images is another number than 0.1.
    const features = Float32Array.of(0.1, 3, 0.1, 5, 0.1, 9), images = Float32Array.of(0, 0.5, 1);
    const decoder = new NeighbourDecoder({ features, images, shape: [1, 1, 1], neighbours: 1 });
    assertEquals(await decoder.generate(Float32Array.of(100, 8)), Float32Array.of(1));
  });

  test("are refused by the learned decoder; and training that diverges gives none", async () => {
    const engine = await openEngine({ engine: "reference" }),
      features = new Float32Array(40).fill(0.5),
      images = features;
    const options = { engine, features, images, shape: [1, 1, 2] as const, hidden: [4], epochs: 2, batchSize: 4 };
    await assertRejects(
      () => LearnedDecoder.train({ ...options, images: images.with(5, NaN) }),
      RangeError,
      "images: pixel 1 of image 2 is NaN",
    );
    const wild = { ...options, features: features.map((_, i) => i % 7), lr: 1e38 };
    await assertRejects(() => LearnedDecoder.train(wild), DivergedError, "training diverged");
    const decoder = await LearnedDecoder.train(options);
    const message = "targetFeatures: feature 1 of image 1 is Infinity";
    await assertRejects(() => decoder.generate(Float32Array.of(1, 1, 1, Infinity)), RangeError, message);
  });

  test("are no seeds, nor are shares of one", async () => {
    const engine = await openEngine({ engine: "reference" }), one = Float32Array.of(0.5);
    const inversion = new ImageInversionAttack({ engine, network, parameters: good });
    const leakage = new GradientLeakageAttack({ engine, network, parameters: good });
    const gradients = await leakage.gradients(Float32Array.of(0.5, 0.25), [0]);
    for (const seed of [...NONE, 0.5, -1, 2 ** 32]) {
      const message = `seed is ${seed}; it must be an integer from 0 to 2^32 - 1`;
      await assertRejects(() => inversion.generate(Float32Array.of(1, 2), { seed }), RangeError, message);
      await assertRejects(() => leakage.generate(gradients, { seed }), RangeError, message);
      assertThrows(() => sameLabelDecoys({ labels: [1, 1], targets: [0], count: 1, seed }), RangeError, message);
      const options = { engine, features: one, images: one, shape: [1, 1, 1] as const, seed };
      await assertRejects(() => LearnedDecoder.train(options), RangeError, "seed is");
    }
  });

  test("are refused among losses, scores, labels and images to be put in order", () => {
    for (const value of NONE) {
      assertThrows(() => membershipScores([1, value]), RangeError, `losses[1] is ${value}`);
      assertThrows(() => membershipScores([1, 2], [[1, 2], [value, 1]]), RangeError, `shadows[1][0] is ${value}`);
      assertThrows(() => evaluateMembership([value], [1]), RangeError, `memberScores[0] is ${value}`);
      assertThrows(() => evaluateMembership([1], [1, value]), RangeError, `otherScores[1] is ${value}`);
      assertThrows(
        () => sameLabelDecoys({ labels: [1, value], targets: [0], count: 1 }),
        RangeError,
        `labels[1] is ${value}`,
      );
      const images = Float32Array.of(0, 1, 0.5, 0.25), wrong = images.with(3, value);
      const place = `pixel 1 of image 1 is ${value}`;
      assertThrows(() => alignImages(2, wrong, images), RangeError, `originals: ${place}`);
      assertThrows(() => alignImages(2, images, wrong), RangeError, `reconstructions: ${place}`);
      assertThrows(() => alignImages(2, images, images, [0, value]), RangeError, `labels[1] is ${value}`);
      const parameters = { ...good, "fc1.bias": Float32Array.of(0, value) };
      assertThrows(() => exportModel(network, parameters), RangeError, `parameters: fc1.bias[1] is ${value}`);
    }
  });

  test("are refused by the attacks on gradients, also where a quotient or the network's values overflow", async () => {
    const small = { "fc1.weight": Float32Array.of(1, 2, 0, 0), "fc1.bias": Float32Array.of(1e-40, 0) };
    assertThrows(
      () => revealedInputs(network, small),
      RangeError,
      "the inputs that output 0 of fc1 reveals[0] is Infinity",
    );
    const engine = await openEngine({ engine: "reference" });
    const attack = new GradientLeakageAttack({ engine, network, parameters: good });
    const image = Float32Array.of(0.5, NaN);
    await assertRejects(() => attack.gradients(image, [0]), RangeError, "images: pixel 1 of image 0 is NaN");
    const huge = { ...good, "fc1.weight": Float32Array.of(3e38, 3e38, -3e38, -3e38) };
    const lost = new GradientLeakageAttack({ engine, network, parameters: huge });
    await assertRejects(
      () => lost.gradients(Float32Array.of(1, 1), [0]),
      RangeError,
      "the gradient of fc1.weight[0] is NaN",
    );
    const gradients = await attack.gradients(Float32Array.of(0.5, 0.25), [0]);
    const message = /(before|in) step 1 of 2: the network's values are too large to follow/;
    const error = await assertRejects(
      () => lost.generate(gradients, { iterations: 2, labels: [0], starts: Float32Array.of(1, 1) }),
      RangeError,
    );
    assertEquals(message.test(error.message), true, error.message);
  });
});
