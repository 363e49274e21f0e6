/** What the gradients of dense layers give away in closed form: their inputs, and the labels. */
import { describe, test } from "node:test";
import {
  Dataset,
  dense,
  drawnDigits,
  flatten,
  ImageInversionAttack,
  lenet5,
  pixels,
  Random,
  relativeL2,
  relu,
  revealedInputs,
  revealedLabels,
  sequential,
  sigmoid,
  sliceNetwork,
  ssim,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { draws } from "../support/draws.ts";
import { leakageAttack } from "../support/leaking_network.ts";

describe("the inputs of a dense layer", () => {
  const flat = sequential([1, 6, 6], [flatten(), dense({ outputs: 20 }), relu(), dense({ outputs: 4 })], { seed: 2 });

  test("are the image itself, exactly, where the layer is the first and the step was over one", async () => {
    const { attack } = await leakageAttack(flat), image = draws(36, 4);
    const { inputs, outputs, active } = revealedInputs(flat, await attack.gradients(image, [3]));
    assertEquals([inputs.length, outputs.length, active], [36, 1, [36]]);
    assert(relativeL2(image, inputs) < 1e-6, `off by ${relativeL2(image, inputs)}`);
  });

  test("of a batch are revealed by the outputs that are active for one image only", async () => {
    const { attack, parameters } = await leakageAttack(flat, undefined, 7), images = draws(3 * 36, 5);
    const gradients = await attack.gradients(images, [0, 1, 2]);
    const { inputs, outputs } = revealedInputs(flat, gradients, { images: 3 });
    const weight = parameters["fc1.weight"]!, bias = parameters["fc1.bias"]!;
    const isActive = (output: number, image: number) =>
      images.subarray(36 * image, 36 * image + 36).reduce(
        (sum, x, i) => sum + x * weight[36 * output + i]!,
        bias[output]!,
      ) > 0;
    let revealed = 0;
    outputs.forEach((output, row) => {
      const active = [0, 1, 2].filter((image) => isActive(output, image));
      assert(active.length > 0, `output ${output} is active for no image`);
      const off = (image: number) =>
        relativeL2(images.subarray(36 * image, 36 * image + 36), inputs.subarray(36 * row, 36 * row + 36));
      if (active.length > 1) return;
      revealed++;
      assert(off(active[0]!) < 1e-4, `output ${output}: off by ${off(active[0]!)}`);
    });
    assert(revealed > 0, "no output is active for one image only: the test tests nothing");
  });

  test("behind convolutions are the features, which the inversion attack takes further", async () => {
    const { attack, engine, parameters } = await leakageAttack(lenet5());
    const digits = new Dataset(drawnDigits(1), { size: [32, 32] }), image = await pixels(engine, digits, [0]);
    const { inputs } = revealedInputs(lenet5(), await attack.gradients(image, [digits.source.labels[0]!]));
    const inversion = new ImageInversionAttack({ engine, network: sliceNetwork(lenet5(), "flatten"), parameters });
    assert(relativeL2(await inversion.features(image), inputs) < 1e-5);
    const inverted = await inversion.generate(inputs, {
      method: "adam",
      iterations: 300,
      adamLossWeights: [1, 0.1, 0.01],
    });
    const likeness = ssim(image, inverted, { channels: 1, height: 32, width: 32 });
    assert(likeness > 0.2, `structural similarity ${likeness}`);
  });

  test("of a suppressed layer are revealed by what lives; where nothing does, they are not known", async () => {
    const random = new Random(3), image = draws(36, 4);
    // Input 7 is read by no living weight.
    const mask = Uint8Array.from({ length: 20 * 36 }, (_, i) => Number(i % 36 !== 7 && random.uniform() < 0.3));
    const masks = { "fc1.weight": mask }, { attack } = await leakageAttack(flat, masks);
    const { inputs, known } = revealedInputs(flat, await attack.gradients(image, [3]), { masks });
    assert(known.reduce((sum, one) => sum + one, 0) > 25, `${known} are known`);
    assertEquals([known[7], inputs[7]], [0, 0]);
    inputs.forEach((input, i) => known[i] && assertAlmostEquals(input, image[i]!, 1e-6, `input ${i}`));
  });

  test("are refused where there are none", async () => {
    const { attack } = await leakageAttack(flat), gradients = await attack.gradients(draws(36, 1), [0]);
    assertThrows(() => revealedInputs(flat, gradients, { layerName: "relu1" }), RangeError, "relu1 is no dense layer");
    assertThrows(() => revealedInputs(flat, gradients, { layerName: "fc3" }), RangeError, "those are fc1, fc2");
    assertThrows(() => revealedInputs(flat, gradients, { images: 0 }), RangeError, "images is 0");
    assertThrows(() => revealedInputs(flat, {}), RangeError, "gradients lacks fc1.weight");
    const masks = { "fc1.weight": new Uint8Array(2) };
    assertThrows(() => revealedInputs(flat, gradients, { masks }), RangeError, "masks: fc1.weight has 2 values");
    const zero = { ...gradients, "fc1.bias": new Float32Array(20) };
    assertThrows(() => revealedInputs(flat, zero), RangeError, "all gradients of fc1.bias are 0");
    const bare = sequential([1, 1, 2], [flatten(), dense({ outputs: 2, bias: false })]);
    assertThrows(() => revealedInputs(bare, { "fc1.weight": new Float32Array(4) }), RangeError, "the network has none");
  });
});

describe("the labels", () => {
  const networks = {
    "LeNet-5": lenet5(),
    "a last layer without bias": sequential(lenet5().inputShape, [
      flatten(),
      dense({ outputs: 9 }),
      sigmoid(),
      dense({ outputs: 10, bias: false }),
    ]),
  };
  for (const [name, network] of Object.entries(networks)) {
    test(`of single images are exact: ${name}`, async () => {
      const { attack } = await leakageAttack(network), images = draws(10 * 1024, 8);
      for (let label = 0; label < 10; label++) {
        const gradients = await attack.gradients(images.slice(1024 * label, 1024 * (label + 1)), [label]);
        assertEquals(revealedLabels(network, gradients), [label]);
      }
    });
  }

  test("of a batch at the start of training are right, also those that repeat", async () => {
    const { attack } = await leakageAttack(lenet5());
    for (const labels of [[0, 3, 3, 9], [5, 5, 5, 5, 5, 5, 5, 5], [0, 1, 2, 3, 4, 5, 6, 7]]) {
      const gradients = await attack.gradients(draws(labels.length * 1024, 8), labels);
      assertEquals(revealedLabels(lenet5(), gradients, labels.length), labels);
    }
  });

  test("are refused where the last layer does not tell", () => {
    const ends = sequential([1, 1, 2], [flatten(), dense({ outputs: 2 }), relu()]);
    assertThrows(() => revealedLabels(ends, {}), RangeError, "the network ends in relu1");
    const bare = sequential([1, 1, 2], [flatten(), dense({ outputs: 2, bias: false })]);
    assertThrows(() => revealedLabels(bare, { "fc1.weight": new Float32Array(4) }, 2), RangeError, "fc1 has no bias");
    assertThrows(() => revealedLabels(lenet5(), {}, 1.5), RangeError, "images is 1.5");
  });
});
