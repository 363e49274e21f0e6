/** Deep leakage from gradients: in closed form where there is one, by matching elsewhere. */
import { describe, test } from "node:test";
import {
  alignImages,
  averagePool2d,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  type Engine,
  type EngineOptions,
  flatten,
  GradientLeakageAttack,
  type GradientLeakageOptions,
  ImageInversionAttack,
  lenet5,
  type Network,
  openEngine,
  type ParameterValues,
  pixels,
  Random,
  relu,
  revealedInputs,
  revealedLabels,
  sequential,
  sigmoid,
  sizeOf,
  sliceNetwork,
  ssim,
} from "../mod.ts";
import { type GradientDistance, GradientMatching } from "../src/attack/gradient_matching.ts";
import { addTotalVariation } from "../src/attack/total_variation.ts";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "#std/assert";

/** The same bits everywhere, so that what comes back does not depend on the machine. */
const EXACT: EngineOptions = { engine: "wasm", build: "simd128", threads: 1 };

function draws(count: number, seed: number): Float32Array {
  const random = new Random(seed, 9);
  return Float32Array.from({ length: count }, () => random.uniform());
}

/** Smooth everywhere: sigmoids and means. */
const smooth = sequential([1, 8, 8], [
  conv2d({ channels: 6, kernel: 3 }),
  sigmoid(),
  averagePool2d(),
  flatten(),
  dense({ outputs: 16 }),
  sigmoid(),
  dense({ outputs: 5 }),
], { seed: 3 });

/** Blobs that a small network can be asked for: bright discs on a dark ground. */
function blobs(count: number): Float32Array {
  return Float32Array.from({ length: count * 64 }, (_, i) => {
    const image = Math.floor(i / 64), y = Math.floor(i % 64 / 8), x = i % 8;
    const [cy, cx] = [[2, 3], [5, 4], [3, 5], [4, 2]][image % 4]!;
    return Math.max(0, 1 - ((y - cy!) ** 2 + (x - cx!) ** 2) / 8);
  });
}

async function valuesOf(engine: Engine, network: Network, seed = 5): Promise<Record<string, Float32Array>> {
  return await engine.parameters(network.parameters, seed).values();
}

async function attackOn(network: Network, masks?: Record<string, Uint8Array>, seed?: number) {
  const engine = await openEngine(EXACT), parameters = await valuesOf(engine, network, seed);
  for (const [name, mask] of Object.entries(masks ?? {})) {
    parameters[name] = parameters[name]!.map((value, i) => mask[i] ? value : 0);
  }
  return {
    engine,
    parameters,
    attack: new GradientLeakageAttack({ engine, network, parameters, ...(masks && { masks }) }),
  };
}

/** ||a - b|| / ||b||. */
function error(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let apart = 0, norm = 0;
  for (let i = 0; i < b.length; i++) {
    apart += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(apart / norm);
}

describe("a batch of given pixels with labels", () => {
  test("has the gradients of the same batch loaded from data", async () => {
    const engine = await openEngine(EXACT), data = new Dataset(drawnDigits(5), { size: [32, 32] });
    const program = engine.program(lenet5(), { batchSize: 8, gradients: "both" });
    program.load(data, [3, 0, 4]);
    program.gradients();
    const { parameters } = program, inputs = await program.inputGradient(), input = await program.input();
    const gradients = await Promise.all(parameters.specs.map(({ name }) => parameters.gradient(name)));
    program.setInput(new Float32Array(1024));
    assertThrows(() => program.gradients(), TypeError, "no labels");
    program.setInput(input, [3, 0, 4].map((index) => data.source.labels[index]!));
    program.gradients();
    assertEquals(await program.inputGradient(), inputs);
    assertEquals(await Promise.all(parameters.specs.map(({ name }) => parameters.gradient(name))), gradients);
  });

  test("refuses labels that are not as many, or no class", async () => {
    const engine = await openEngine(EXACT);
    const program = engine.program(lenet5(), { batchSize: 2, gradients: "parameters" });
    const images = new Float32Array(2048);
    assertThrows(() => program.setInput(images, [1]), RangeError, "labels has 1 values; there are 2 images");
    for (const label of [10, -1, 0.5, NaN]) {
      assertThrows(() => program.setInput(images, [1, label]), RangeError, `labels[1] is ${label}`);
    }
  });
});

describe("the derivative of the gradients' distance", () => {
  for (const distance of ["euclidean", "cosine"] as const) {
    test(`is that of finite differences in float64: ${distance}`, async () => {
      const engine = await openEngine({ engine: "reference", build: "float64" });
      const parameters = await valuesOf(engine, smooth), labels = [1, 4];
      const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 2);
      const target = matching.target(await matching.gradients(draws(128, 1), labels)), x = draws(128, 2);
      const { derivative } = await matching.compare(distance, target, x, labels);
      const differences = new Float64Array(128), step = 1 / 64;
      for (let i = 0; i < 128; i++) {
        const [ahead, behind] = [x.slice(), x.slice()];
        ahead[i]! += step;
        behind[i]! -= step;
        const apart = await matching.distance(distance, target, ahead, labels) -
          await matching.distance(distance, target, behind, labels);
        differences[i] = apart / (ahead[i]! - behind[i]!);
      }
      const off = error(derivative, differences);
      assert(off < 2e-4, `off by ${off}`);
      const wasm = new GradientMatching(await openEngine(EXACT), smooth, { parameters, masks: {} }, 2);
      const inFloat32 = error((await wasm.compare(distance, target, x, labels)).derivative, differences);
      assert(inFloat32 < 1e-3, `in float32 off by ${inFloat32}`);
    });
  }

  test("is 0 where the gradients are the same", async () => {
    const engine = await openEngine(EXACT), parameters = await valuesOf(engine, smooth), x = draws(64, 1);
    const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 1);
    const same = await matching.compare("euclidean", matching.target(await matching.gradients(x, [2])), x, [2]);
    assertEquals(same, { distance: 0, derivative: new Float32Array(64) });
  });
});

test("total variation: its derivative is that of finite differences, for every image and channel alone", () => {
  const shape = [2, 3, 4] as const, images = draws(48, 3), derivative = new Float32Array(48);
  addTotalVariation(images, shape, 2, derivative);
  const variation = (x: Float32Array) => {
    let [vertical, horizontal] = [0, 0];
    for (let plane = 0; plane < 4; plane++) {
      const at = (row: number, column: number) => x[12 * plane + 4 * row + column]!;
      for (let row = 0; row < 3; row++) {
        for (let column = 0; column < 4; column++) {
          if (row > 0) vertical += Math.abs(at(row, column) - at(row - 1, column));
          if (column > 0) horizontal += Math.abs(at(row, column) - at(row, column - 1));
        }
      }
    }
    return 2 * (vertical / (2 * 2 * 4) + horizontal / (2 * 3 * 3));
  };
  images.forEach((pixel, i) => {
    const moved = (by: number) => images.map((value, j) => i === j ? pixel + by : value);
    assertAlmostEquals(derivative[i]!, (variation(moved(1e-3)) - variation(moved(-1e-3))) / 2e-3, 1e-3, `pixel ${i}`);
  });
});

describe("the inputs of a dense layer", () => {
  const flat = sequential([1, 6, 6], [flatten(), dense({ outputs: 20 }), relu(), dense({ outputs: 4 })], { seed: 2 });

  test("are the image itself, exactly, where the layer is the first and the step was over one", async () => {
    const { attack } = await attackOn(flat), image = draws(36, 4);
    const { inputs, outputs, active } = revealedInputs(flat, await attack.gradients(image, [3]));
    assertEquals([inputs.length, outputs.length, active], [36, 1, [36]]);
    assert(error(inputs, image) < 1e-6, `off by ${error(inputs, image)}`);
  });

  test("of a batch are revealed by the outputs that are active for one image only", async () => {
    const { attack, parameters } = await attackOn(flat, undefined, 7), images = draws(3 * 36, 5);
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
        error(inputs.subarray(36 * row, 36 * row + 36), images.subarray(36 * image, 36 * image + 36));
      if (active.length > 1) return;
      revealed++;
      assert(off(active[0]!) < 1e-4, `output ${output}: off by ${off(active[0]!)}`);
    });
    assert(revealed > 0, "no output is active for one image only: the test tests nothing");
  });

  test("behind convolutions are the features, which the inversion attack takes further", async () => {
    const { attack, engine, parameters } = await attackOn(lenet5());
    const digits = new Dataset(drawnDigits(1), { size: [32, 32] }), image = await pixels(engine, digits, [0]);
    const { inputs } = revealedInputs(lenet5(), await attack.gradients(image, [digits.source.labels[0]!]));
    const inversion = new ImageInversionAttack({ engine, network: sliceNetwork(lenet5(), "flatten"), parameters });
    assert(error(inputs, await inversion.features(image)) < 1e-5);
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
    const masks = { "fc1.weight": mask }, { attack } = await attackOn(flat, masks);
    const { inputs, known } = revealedInputs(flat, await attack.gradients(image, [3]), { masks });
    assert(known.reduce((sum, one) => sum + one, 0) > 25, `${known} are known`);
    assertEquals([known[7], inputs[7]], [0, 0]);
    inputs.forEach((input, i) => known[i] && assertAlmostEquals(input, image[i]!, 1e-6, `input ${i}`));
  });

  test("are refused where there are none", async () => {
    const { attack } = await attackOn(flat), gradients = await attack.gradients(draws(36, 1), [0]);
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
      const { attack } = await attackOn(network), images = draws(10 * 1024, 8);
      for (let label = 0; label < 10; label++) {
        const gradients = await attack.gradients(images.slice(1024 * label, 1024 * (label + 1)), [label]);
        assertEquals(revealedLabels(network, gradients), [label]);
      }
    });
  }

  test("of a batch at the start of training are right, also those that repeat", async () => {
    const { attack } = await attackOn(lenet5());
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

describe("matching gradients", () => {
  const likeness = (a: Float32Array, b: Float32Array) => ssim(a, b, { channels: 1, height: 8, width: 8 });
  const recover = async (count: number, options: GradientLeakageOptions, masks?: Record<string, Uint8Array>) => {
    const { attack } = await attackOn(smooth, masks), images = blobs(count), labels = [1, 2, 3, 4].slice(0, count);
    const gradients = await attack.gradients(images, labels);
    return { attack, images, gradients, found: await attack.generate(gradients, { images: count, ...options }) };
  };

  for (const distance of ["cosine", "euclidean"] as const satisfies readonly GradientDistance[]) {
    test(`brings a small image back from a smooth network: ${distance}`, async () => {
      const { attack, images, found } = await recover(1, { distance, totalVariation: 0, iterations: 600 });
      assert(found.every((pixel) => pixel >= 0 && pixel <= 1));
      assert(error(found, images) < 0.05, `relative error ${error(found, images)}`);
      const { ssim, l2 } = await attack.evaluate(images, found);
      assert(ssim.mean! > 0.98 && l2.mean! < 0.05, `structural similarity ${ssim.mean}, distance ${l2.mean}`);
    });
  }

  test("brings several images back, with labels it found itself", async () => {
    const { images, gradients, found } = await recover(3, { totalVariation: 0, iterations: 1500 });
    assertEquals(revealedLabels(smooth, gradients, 3), [1, 2, 3]);
    for (let i = 0; i < 3; i++) {
      const like = likeness(images.subarray(64 * i, 64 * i + 64), found.subarray(64 * i, 64 * i + 64));
      assert(like > 0.9, `image ${i}: structural similarity ${like}`);
    }
  });

  test("works on a suppressed network, of whose gradients only the living ones are seen", async () => {
    const random = new Random(4);
    const masks = Object.fromEntries(
      smooth.parameters.filter(({ name }) => name.endsWith("weight")).map(({ name, shape }) => [
        name,
        Uint8Array.from({ length: sizeOf(shape) }, () => Number(random.uniform() < 0.5)),
      ]),
    );
    const { images, gradients, found } = await recover(1, { totalVariation: 0, iterations: 600 }, masks);
    for (const [name, mask] of Object.entries(masks)) {
      assert(gradients[name]!.every((value, i) => mask[i] || value === 0), `${name} has gradients that are not sent`);
    }
    assert(likeness(images, found) > 0.95, `structural similarity ${likeness(images, found)}`);
  });

  test("gives the same from the same seed, another from another, and says how far it is", async () => {
    const told: string[] = [], distances: number[] = [];
    const options = {
      iterations: 5,
      restarts: 2,
      onProgress: (done: number, total: number) => void told.push(`${done}/${total}`),
      onDistance: (distance: number) => void distances.push(distance),
    };
    const first = await recover(2, options), again = await recover(2, { iterations: 5, restarts: 2 });
    assertEquals(first.found, again.found);
    assert(first.found.every((pixel) => pixel >= 0 && pixel <= 1));
    assert(error((await recover(2, { iterations: 5, seed: 9 })).found, first.found) > 0);
    assertEquals([told.length, told[0], told.at(-1)], [10, "1/10", "10/10"]);
    assertEquals(distances.length, 10);
  });

  test("of the restarts keeps the one with the lowest distance", async () => {
    const { attack, gradients, found } = await recover(1, { iterations: 20, restarts: 4 });
    const { parameters, engine } = await attackOn(smooth);
    const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 1);
    const distance = (x: Float32Array) => matching.distance("cosine", matching.target(gradients), x, [1]);
    const one = await attack.generate(gradients, { iterations: 20 });
    assert(
      await distance(found) < await distance(one),
      "the first of these four restarts is not the best: a change of the draws asks for another seed",
    );
  });

  test("begins where it is told, and stays where the gradients are the same", async () => {
    const { attack, gradients, images } = await recover(1, { iterations: 1 });
    const stays = await attack.generate(gradients, {
      starts: images,
      iterations: 3,
      totalVariation: 0,
      signed: false,
      lr: 1e-6,
    });
    assert(error(stays, images) < 1e-4);
  });

  test("from LeNet-5, with ReLU and max-pool, brings the digit back, though not pixel by pixel", async () => {
    const { attack, engine } = await attackOn(lenet5()), digits = new Dataset(drawnDigits(3), { size: [32, 32] });
    const images = await pixels(engine, digits, [0, 1, 2]), shape = { channels: 1, height: 32, width: 32 };
    for (let i = 0; i < 2; i++) {
      const image = images.slice(1024 * i, 1024 * (i + 1)), other = images.slice(1024 * (i + 1), 1024 * (i + 2));
      const gradients = await attack.gradients(image, [digits.source.labels[i]!]);
      const found = await attack.generate(gradients, { iterations: 300 });
      const like = ssim(image, found, shape), unlike = ssim(other, found, shape);
      // Between 0.35 and 0.5 at this writing; an exact image would have 1.
      assert(like > 0.3 && like > unlike + 0.15, `image ${i}: ${like}, and to another image ${unlike}`);
    }
  });

  test("says so where the network overflows, and gives no images", async () => {
    const { engine, parameters } = await attackOn(smooth),
      gradients = await (await attackOn(smooth)).attack.gradients(blobs(1), [1]);
    const huge = { ...parameters, "fc2.weight": parameters["fc2.weight"]!.map((value) => value * 3e38) };
    const attack = new GradientLeakageAttack({ engine, network: smooth, parameters: huge });
    await assertRejects(() => attack.generate(gradients, { iterations: 2 }), RangeError, "too large to follow");
  });

  test("refuses what does not fit, by name", async () => {
    const { attack, gradients } = await recover(1, { iterations: 1 });
    const refused = (options: GradientLeakageOptions, text: string, given: ParameterValues = gradients) =>
      assertRejects(() => attack.generate(given, options), RangeError, text);
    await refused({ distance: "manhattan" as "cosine" }, 'distance is "manhattan"');
    await refused({ iterations: 0 }, "iterations is 0");
    await refused({ restarts: 65 }, "restarts is 65");
    await refused({ starts: new Float32Array(64), restarts: 2 }, "restarts is 2");
    await refused({ starts: new Float32Array(63) }, "starts has 63 values");
    await refused({ starts: new Float32Array(64).fill(NaN) }, "starts[0] is NaN");
    await refused({ lr: 0 }, "lr is 0");
    await refused({ totalVariation: -1 }, "totalVariation is -1");
    await refused({ images: 0.5 }, "images is 0.5");
    await refused({ images: 2, labels: [1] }, "labels has 1 values");
    await refused({ labels: [5] }, "labels[0] is 5");
    await refused({}, "gradients lacks conv1.weight", {});
    await refused({}, "gradients: fc2.bias has 4 values; it must have 5", {
      ...gradients,
      "fc2.bias": new Float32Array(4),
    });
    await refused({}, "gradients: fc2.bias[1] is NaN", {
      ...gradients,
      "fc2.bias": Float32Array.of(0, NaN, 0, 0, 0),
    });
    const nothing = Object.fromEntries(
      smooth.parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
    );
    await refused({}, "all gradients are 0", nothing);
    await assertRejects(() => attack.gradients(new Float32Array(65), [1]), RangeError, "images has 65 values");
    const engine = await openEngine(EXACT), parameters = await valuesOf(engine, smooth);
    const made = (options: object) => () =>
      new GradientLeakageAttack({ engine, network: smooth, parameters, ...options });
    assertThrows(made({ inputBound: [1, 0] }), RangeError, "inputBound is [1,0]");
    assertThrows(made({ parameters: {} }), RangeError, "parameters lacks conv1.weight");
    assertThrows(
      made({ parameters: { ...parameters, "fc2.bias": new Float32Array(1) } }),
      RangeError,
      "parameters: fc2.bias has 1",
    );
    const nan = { ...parameters, "fc2.bias": new Float32Array(5).fill(NaN) };
    assertThrows(made({ parameters: nan }), RangeError, "parameters: fc2.bias[0] is NaN");
    assertThrows(made({ masks: { "fc2.bias": new Uint8Array(1) } }), RangeError, "masks: fc2.bias has 1");
    assertThrows(made({ masks: { fc9: new Uint8Array(1) } }), RangeError, "masks has fc9");
  });
});

describe("images of a batch", () => {
  test("are put into the order of the originals, within their labels where these are given", () => {
    const originals = Float32Array.of(0, 0, 1, 1, 2, 2), found = Float32Array.of(2, 1.5, 0, 0.5, 1, 1);
    assertEquals(alignImages(2, originals, found), Float32Array.of(0, 0.5, 1, 1, 2, 1.5));
    assertEquals(alignImages(2, originals, found, [7, 7, 8]), Float32Array.of(0, 0.5, 2, 1.5, 1, 1));
  });

  test("must be as many", () => {
    assertThrows(() => alignImages(2, new Float32Array(3), new Float32Array(3)), RangeError, "originals has 3 values");
    assertThrows(() => alignImages(2, new Float32Array(4), new Float32Array(2)), RangeError, "reconstructions 2");
    assertThrows(
      () => alignImages(1, new Float32Array(2), new Float32Array(2), [1]),
      RangeError,
      "labels has 1 values",
    );
  });
});
